package dev.headroom.store;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import javax.sql.DataSource;

/** A pool of connections to one database. Close it to close them. */
public final class Database implements AutoCloseable {

  private static final String URL_START = "jdbc:postgresql:";
  private static final int MAXIMUM_CONNECTIONS = 8;
  private static final long CONNECTION_TIMEOUT_MS = 10_000;
  private static final String CONNECT_TIMEOUT_S = "10";

  /** Longer than any single answer may take; a server that is gone without a word is noticed. */
  private static final String SOCKET_TIMEOUT_S = "300";

  private final HikariDataSource pool;

  private Database(HikariDataSource pool) {
    this.pool = pool;
  }

  /**
   * Connects to a database that has this program's schema.
   *
   * @param url such as {@code jdbc:postgresql://localhost:5432/headroom?user=headroom}; the
   *     driver's own parameters are taken
   * @throws DatabaseException when the server is not reachable, refuses the user, lacks the
   *     database, or when the schema is missing, older or newer
   */
  public static Database open(String url) {
    Database database = connect(url);
    try {
      database.requireSchema();
      return database;
    } catch (RuntimeException e) {
      database.close();
      throw e;
    }
  }

  /**
   * Connects to a database whatever its schema: what a migration needs.
   *
   * @throws DatabaseException when the server is not reachable, refuses the user or lacks the
   *     database
   */
  public static Database connect(String url) {
    if (!url.startsWith(URL_START)) {
      throw new DatabaseException(
          DatabaseException.Reason.REFUSED,
          "a database's URL starts with "
              + URL_START
              + " and looks like jdbc:postgresql://localhost:5432/headroom?user=headroom, not "
              + withoutParameters(url),
          null);
    }
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", "headroom");
    properties.setProperty("connectTimeout", CONNECT_TIMEOUT_S);
    properties.setProperty("socketTimeout", SOCKET_TIMEOUT_S);
    properties.setProperty("tcpKeepAlive", "true");
    // The first connection is made without the pool, because the pool hides why one fails.
    try {
      DriverManager.getConnection(url, properties).close();
    } catch (SQLException e) {
      throw DatabaseException.of(e, "connecting to " + withoutParameters(url));
    }
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setDataSourceProperties(properties);
    config.setPoolName("headroom");
    config.setMaximumPoolSize(MAXIMUM_CONNECTIONS);
    config.setMinimumIdle(0);
    config.setConnectionTimeout(CONNECTION_TIMEOUT_MS);
    config.setInitializationFailTimeout(-1);
    return new Database(new HikariDataSource(config));
  }

  public DataSource dataSource() {
    return pool;
  }

  @Override
  public void close() {
    pool.close();
  }

  /**
   * Asks whether the database can be used and has the schema of this program.
   *
   * @throws DatabaseException when not
   */
  public void requireSchema() {
    requireSchema(pool);
  }

  static void requireSchema(DataSource dataSource) {
    int version = schemaVersion(dataSource);
    if (version < SchemaMigration.LATEST_VERSION) {
      throw new DatabaseException(
          DatabaseException.Reason.NOT_MIGRATED,
          "the database's schema is version %d, this program needs %d; run: headroom db migrate"
              .formatted(version, SchemaMigration.LATEST_VERSION),
          null);
    }
    if (version > SchemaMigration.LATEST_VERSION) {
      throw new DatabaseException(
          DatabaseException.Reason.SCHEMA_TOO_NEW,
          "the database's schema is version %d, this program knows up to %d; use the newer program that migrated it"
              .formatted(version, SchemaMigration.LATEST_VERSION),
          null);
    }
  }

  private static int schemaVersion(DataSource dataSource) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet version = statement.executeQuery("SELECT headroom.schema_version()")) {
      version.next();
      return version.getInt(1);
    } catch (SQLException e) {
      throw DatabaseException.of(e, "reading the schema's version");
    }
  }

  /** Parameters may hold a password. */
  private static String withoutParameters(String url) {
    int question = url.indexOf('?');
    return question < 0 ? url : url.substring(0, question);
  }
}
