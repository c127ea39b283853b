package dev.headroom.store;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Log;
import org.jooq.SQLDialect;
import org.jooq.exception.DataAccessException;
import org.jooq.impl.DSL;
import org.jooq.tools.JooqLogger;

/** Work on one connection that happens as a whole or not at all. */
final class Transaction {

  static {
    // jOOQ greets on the log and warns about every Postgres but the newest.
    JooqLogger.globalThreshold(Log.Level.ERROR);
  }

  /**
   * What is done inside a transaction.
   *
   * @param <T> what comes out
   */
  @FunctionalInterface
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  private Transaction() {}

  /** Typed SQL on the connection of a transaction. */
  static DSLContext sql(Connection connection) {
    return DSL.using(connection, SQLDialect.POSTGRES);
  }

  /**
   * Reads from one consistent state of the database, however many statements it takes.
   *
   * @param doing what for, such as {@code reading recordings}
   * @throws DatabaseException when the database cannot be used
   */
  static <T> T read(DataSource dataSource, String doing, Work<T> work) {
    return named(
        doing,
        () -> {
          try (Connection connection = dataSource.getConnection()) {
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            return run(connection, work);
          }
        });
  }

  /**
   * Writes and commits.
   *
   * @param doing what for, such as {@code saving a run}
   * @throws DatabaseException when the database cannot be used; then nothing was written
   */
  static <T> T write(DataSource dataSource, String doing, Work<T> work) {
    return named(doing, () -> write(dataSource, work));
  }

  /** Writes and commits; the caller judges the errors. */
  static <T> T write(DataSource dataSource, Work<T> work) throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      return run(connection, work);
    }
  }

  private static <T> T run(Connection connection, Work<T> work) throws SQLException {
    connection.setAutoCommit(false);
    boolean committed = false;
    try {
      T result = work.on(connection);
      connection.commit();
      committed = true;
      return result;
    } finally {
      if (!committed) {
        rollBack(connection);
      }
    }
  }

  private static void rollBack(Connection connection) {
    try {
      connection.rollback();
    } catch (SQLException e) {
      // The connection is gone and the transaction with it; the first error says why.
    }
  }

  private interface SqlCall<T> {
    T call() throws SQLException;
  }

  private static <T> T named(String doing, SqlCall<T> call) {
    try {
      return call.call();
    } catch (SQLException e) {
      throw DatabaseException.of(e, doing);
    } catch (DataAccessException e) {
      SQLException cause = e.getCause(SQLException.class);
      throw cause == null ? e : DatabaseException.of(cause, doing);
    }
  }
}
