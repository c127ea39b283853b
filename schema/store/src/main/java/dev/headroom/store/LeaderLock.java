package dev.headroom.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;
import javax.sql.DataSource;

/**
 * Held by one process at a time, for as long as its connection lives; the server lets go of it when
 * the process dies. Not for use by several threads.
 */
public final class LeaderLock implements AutoCloseable {

  private final Connection connection;

  private LeaderLock(Connection connection) {
    this.connection = connection;
  }

  /**
   * Takes the lock, if nobody holds it.
   *
   * @param name of what is led, such as {@code rollouts}
   * @return empty when another process leads
   * @throws DatabaseException when the database cannot be used
   */
  public static Optional<LeaderLock> tryTake(DataSource dataSource, String name) {
    try {
      Connection connection = dataSource.getConnection();
      boolean taken = false;
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT pg_try_advisory_lock(hashtextextended(?, 0))")) {
        statement.setString(1, "headroom.leader." + name);
        try (ResultSet answer = statement.executeQuery()) {
          taken = answer.next() && answer.getBoolean(1);
        }
        return taken ? Optional.of(new LeaderLock(connection)) : Optional.empty();
      } finally {
        if (!taken) {
          connection.close();
        }
      }
    } catch (SQLException e) {
      throw DatabaseException.of(e, "asking who leads");
    }
  }

  /** Whether it is still held: the connection lives. */
  public boolean isHeld() {
    try {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }

  @Override
  public void close() {
    try (Connection closing = connection) {
      if (!isHeld()) {
        return; // the pool would log a statement on what is gone as a failure
      }
      // A pool would hand the connection on with the lock still held.
      try (PreparedStatement statement =
          closing.prepareStatement("SELECT pg_advisory_unlock_all()")) {
        statement.execute();
      }
    } catch (SQLException e) {
      // The connection is gone, and the lock with it.
    }
  }
}
