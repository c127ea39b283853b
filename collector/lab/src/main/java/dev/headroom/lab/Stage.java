package dev.headroom.lab;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a workload may do: open sessions to its victim and start other programs beside it.
 * Everything opened here is closed when the round ends. The client side runs outside the victim's
 * cgroup.
 */
public final class Stage implements AutoCloseable {

  private static final long TOGETHER_TIMEOUT_S = 180;
  private static final long NEIGHBOUR_TIMEOUT_S = 60;
  private static final int PATIENCE_S = 60;
  static final String OUT_OF_MEMORY = "53200";

  private final String scenario;
  private final Victim victim;
  private final AtomicInteger lostSessions = new AtomicInteger();
  private final AtomicInteger refusals = new AtomicInteger();
  private final List<Connection> held = new ArrayList<>();
  private final List<Process> neighbours = new ArrayList<>();

  Stage(String scenario, Victim victim) {
    this.scenario = scenario;
    this.victim = victim;
  }

  /** Something done in one session. */
  @FunctionalInterface
  public interface Session {
    void run(Statement statement) throws SQLException;
  }

  /**
   * Runs statements in a session of their own. A session that dies under them, because it or
   * another was killed, is counted and is no error; so is a statement that the guard refuses.
   *
   * @throws SQLException what else the server answers
   */
  public void session(Session session) throws SQLException {
    try (Connection connection = victim.connect(scenario)) {
      run(session, connection);
    } catch (SQLException e) {
      countLost(e);
    }
  }

  /**
   * @return whether every statement ran to its end
   */
  private boolean run(Session session, Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      session.run(statement);
      return true;
    } catch (SQLException e) {
      if (!OUT_OF_MEMORY.equals(e.getSQLState()) || !connection.isValid(PATIENCE_S)) {
        throw e;
      }
      refusals.incrementAndGet();
      return false;
    }
  }

  /** Runs one statement and reads its rows away. */
  public void execute(String sql) throws SQLException {
    session(statement -> drain(statement, sql));
  }

  /**
   * Opens a session that stays open until the round ends, whatever it holds.
   *
   * @return whether it is still there and got what it asked for
   */
  public boolean hold(Session session) throws SQLException {
    try {
      Connection connection = victim.connect(scenario);
      synchronized (held) {
        held.add(connection);
      }
      return run(session, connection);
    } catch (SQLException e) {
      countLost(e);
      return false;
    }
  }

  /**
   * Runs one session per number below {@code sessions}, all at once, and waits for them.
   *
   * @throws SQLException the first failure that is no lost session
   */
  public void together(int sessions, IndexedSession session)
      throws SQLException, InterruptedException {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < sessions; i++) {
        int index = i;
        running.add(
            threads.submit(() -> {
              session.run(this, index);
              return null;
            }));
      }
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(TOGETHER_TIMEOUT_S);
      try {
        for (Future<?> future : running) {
          future.get(Math.max(0, deadline - System.nanoTime()), TimeUnit.NANOSECONDS);
        }
      } catch (ExecutionException e) {
        if (e.getCause() instanceof SQLException sql) {
          throw sql;
        }
        throw new LabException("a session of %s failed: %s".formatted(scenario, e.getCause()), e);
      } catch (TimeoutException e) {
        throw new LabException(
            "%d sessions of %s did not end within %d s"
                .formatted(sessions, scenario, TOGETHER_TIMEOUT_S),
            e);
      } finally {
        threads.shutdownNow();
      }
    }
  }

  /** One of several sessions. */
  @FunctionalInterface
  public interface IndexedSession {
    void run(Stage stage, int index) throws SQLException;
  }

  /**
   * Starts a program that is not Postgres in the victim's cgroup and waits until it holds what it
   * is meant to; it is killed when the round ends.
   *
   * @throws LabException when it does not within a minute
   */
  public void neighbour(String shellCommand, long heldBytes) {
    Process neighbour = victim.startNeighbour(shellCommand);
    neighbours.add(neighbour);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(NEIGHBOUR_TIMEOUT_S);
    while (OwnProcess.residentAnonBytes(neighbour) < heldBytes) {
      if (System.nanoTime() > deadline) {
        throw new LabException(
            "%s did not hold %d bytes within %d s"
                .formatted(shellCommand, heldBytes, NEIGHBOUR_TIMEOUT_S));
      }
      Pause.ofMillis(20);
    }
  }

  /** Runs a statement and reads its rows away. */
  public static void drain(Statement statement, String sql) throws SQLException {
    boolean rows = statement.execute(sql);
    while (rows || statement.getUpdateCount() != -1) {
      if (rows) {
        try (ResultSet result = statement.getResultSet()) {
          while (result.next()) {
            // The server made the row; the client needs nothing of it.
          }
        }
      }
      rows = statement.getMoreResults();
    }
  }

  /** How many kills the kernel has counted here so far. */
  public long oomKills() {
    return victim.cgroup().oomKills();
  }

  int lostSessions() {
    return lostSessions.get();
  }

  /** Statements that ended in an error for lack of memory, in sessions that went on. */
  int refusals() {
    return refusals.get();
  }

  @Override
  public void close() {
    synchronized (held) {
      for (Connection connection : held) {
        try {
          connection.close();
        } catch (SQLException e) {
          // The server closed it first.
        }
      }
      held.clear();
    }
    for (Process neighbour : neighbours) {
      neighbour.descendants().forEach(ProcessHandle::destroyForcibly);
      neighbour.destroyForcibly();
    }
    neighbours.clear();
  }

  /**
   * @throws SQLException when it tells of anything but a session's end
   */
  private void countLost(SQLException e) throws SQLException {
    String state = e.getSQLState();
    boolean lost =
        state != null
            && (state.startsWith("08") || state.startsWith("57P") || state.equals(OUT_OF_MEMORY));
    if (!lost) {
      throw e;
    }
    lostSessions.incrementAndGet();
  }
}
