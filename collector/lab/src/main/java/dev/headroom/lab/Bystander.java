package dev.headroom.lab;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;

/** A session that does nothing wrong: it asks before the load and again after it. */
final class Bystander implements AutoCloseable {

  private static final String QUESTION = "SELECT pg_backend_pid(), count(*) FROM pg_class";

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Connection connection;
  private final int backendPid;

  private Bystander(Connection connection, int backendPid) {
    this.connection = connection;
    this.backendPid = backendPid;
  }

  static Bystander open(Victim victim) throws SQLException {
    Connection connection = victim.connect("bystander");
    return new Bystander(connection, ask(connection));
  }

  /**
   * Whether the same session answers, now that the load is over. A refusal is no harm as long as
   * the answer comes: those who held the memory need a moment to give it back.
   */
  boolean isUnharmed() {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < deadline) {
      try {
        return ask(connection) == backendPid;
      } catch (SQLException e) {
        if (!Stage.OUT_OF_MEMORY.equals(e.getSQLState())) {
          return false;
        }
        Pause.ofMillis(50);
      }
    }
    return false;
  }

  private static int ask(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet answer = statement.executeQuery(QUESTION)) {
      answer.next();
      return answer.getInt(1);
    }
  }

  @Override
  public void close() {
    try {
      connection.close();
    } catch (SQLException e) {
      // The server closed it first.
    }
  }
}
