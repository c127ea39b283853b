package dev.headroom.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.time.Duration;

/**
 * Asks whether a database can be used, and gives up soon. It has a connection of its own, so that
 * neither work that is under way nor the patience of a {@link Database} delays the answer. Safe for
 * use by several threads; close it to close its connection.
 */
public final class DatabaseProbe implements AutoCloseable {

  /** To get a connection, and again for the answer. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private final HikariDataSource pool;

  /**
   * @param url as for {@link Database#open}; nothing is asked yet
   */
  public DatabaseProbe(String url) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.addDataSourceProperty("ApplicationName", "headroom probe");
    config.addDataSourceProperty("connectTimeout", PATIENCE.toSeconds());
    config.addDataSourceProperty("socketTimeout", PATIENCE.toSeconds());
    config.setPoolName("headroom-probe");
    config.setMaximumPoolSize(1);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(PATIENCE.toMillis());
    config.setValidationTimeout(PATIENCE.toMillis() / 2);
    config.setInitializationFailTimeout(-1);
    pool = new HikariDataSource(config);
  }

  /**
   * Asks whether the database can be used and has the schema of this program.
   *
   * @throws DatabaseException when not, or when that cannot be said within about a second
   */
  public void requireSchema() {
    Database.requireSchema(pool);
  }

  @Override
  public void close() {
    pool.close();
  }
}
