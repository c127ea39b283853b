package dev.headroom.store;

import dev.headroom.model.rollout.FlagState;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * Reads the flags whenever they may have changed: the database tells on channel {@code
 * headroom_flags}, and now and then they are read unasked, which also shows that the database is
 * still there. It holds one connection of its own, because a pool would lend the listening one to
 * others. Used by one thread.
 */
public final class FlagStateWatch implements AutoCloseable {

  /** A database that does not answer within this is away; the flags are small. */
  private static final int TIMEOUT_S = 5;

  private final String url;
  private final long pollNs;
  private @Nullable Connection connection;
  private long readAtNs;

  /**
   * @param url as pgjdbc takes it
   * @param poll how often the flags are read unasked
   */
  public FlagStateWatch(String url, Duration poll) {
    this.url = url;
    this.pollNs = poll.toNanos();
  }

  /**
   * Waits for something to read. The first call, and the first after an error, reads at once.
   *
   * @param patience how long it waits, at least a millisecond
   * @return what was read; empty when there was no reason to read
   * @throws DatabaseException when the database cannot be used; the next call connects anew
   */
  public Optional<FlagState> await(Duration patience) {
    Connection open = connection;
    try {
      if (open == null) {
        open = connect();
        connection = open;
        return Optional.of(read(open));
      }
      long left = pollNs - (System.nanoTime() - readAtNs);
      long waitMs = Duration.ofNanos(Math.min(left, patience.toNanos())).toMillis();
      PGNotification[] told =
          open.unwrap(PGConnection.class).getNotifications((int) Math.max(1, waitMs + 1));
      boolean isDue = System.nanoTime() - readAtNs >= pollNs;
      return (told != null && told.length > 0) || isDue
          ? Optional.of(read(open))
          : Optional.empty();
    } catch (SQLException e) {
      close();
      throw DatabaseException.of(e, FlagStateStore.DOING);
    } catch (DatabaseException e) {
      close();
      throw e;
    }
  }

  private FlagState read(Connection open) throws SQLException {
    FlagState state = FlagStateStore.read(open);
    readAtNs = System.nanoTime();
    return state;
  }

  private Connection connect() throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("ApplicationName", "headroom flags");
    properties.setProperty("connectTimeout", Integer.toString(TIMEOUT_S));
    properties.setProperty("loginTimeout", Integer.toString(TIMEOUT_S));
    properties.setProperty("socketTimeout", Integer.toString(TIMEOUT_S));
    properties.setProperty("tcpKeepAlive", "true");
    Connection made = DriverManager.getConnection(url, properties);
    try (Statement statement = made.createStatement()) {
      statement.execute("LISTEN headroom_flags");
      return made;
    } catch (SQLException e) {
      made.close();
      throw e;
    }
  }

  /** Lets go of the connection; a later {@link #await} makes a new one. */
  @Override
  public void close() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException gone) {
        // It is of no use any more, closed or not.
      }
    }
  }
}
