package dev.headroom.guard.proof;

import static dev.headroom.guard.proof.GuardedPostgres.count;
import static dev.headroom.guard.proof.GuardedPostgres.execute;
import static dev.headroom.guard.proof.GuardedPostgres.failure;
import static dev.headroom.guard.proof.GuardedPostgres.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.embedded.PostgresInstall;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a denial came to: a block when the statement ended in an ERROR because of it, else a soft
 * denial. It must not matter what the server logs, so most of this runs with a log that is told of
 * nothing below PANIC.
 */
class GuardOutcomeTest {

  private static final String OUT_OF_MEMORY = "53200";

  /** 900 MB in one request. */
  private static final String HUGE = "SELECT length(repeat('x', 900000000))";

  private static final Map<String, String> SILENT =
      Map.of(
          "headroom.static_mode", "enforce",
          "headroom.static_limit", "200MB",
          "log_min_messages", "panic");

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  /** Blocks, soft denials and FATALs so far. */
  private static String outcomes(Connection session) throws SQLException {
    return query(
        session,
        "SELECT format('%s blocks, %s soft, %s fatal', blocks, soft_denials, fatals)"
            + " FROM headroom_guard_status");
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void errorBeyondTheLimit_isOneBlockWhateverIsLogged(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, SILENT)) {
      long blocks = 0;
      for (String protocol : List.of("simple", "extended")) {
        try (Connection session =
            postgres.connect("postgres", Map.of("preferQueryMode", protocol))) {
          // In Postgres's order LOG is above ERROR here.
          for (String logged : List.of("debug1", "error", "log", "fatal", "panic")) {
            for (String told : List.of("debug1", "notice", "error")) {
              execute(session, "SET log_min_messages = " + logged);
              execute(session, "SET client_min_messages = " + told);

              assertThat(failure(session, HUGE).getSQLState()).isEqualTo(OUT_OF_MEMORY);

              execute(session, "SET client_min_messages = notice");
              blocks++;
              assertThat(outcomes(session))
                  .as("%s, log %s, client %s", protocol, logged, told)
                  .isEqualTo(blocks + " blocks, 0 soft, 0 fatal");
              assertThat(
                      query(
                          session,
                          "SELECT event || ' ' || sqlstate FROM headroom_guard_events"
                              + " ORDER BY event_number DESC LIMIT 1"))
                  .isEqualTo("block " + OUT_OF_MEMORY);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void errorInASavepoint_isABlock_andTheTransactionGoesOn(PostgresInstall install)
      throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, SILENT);
        Connection session = postgres.connect()) {
      session.setAutoCommit(false);
      execute(session, "CREATE TEMP TABLE kept AS SELECT 42 AS answer");
      Savepoint outer = session.setSavepoint();
      session.setSavepoint();

      assertThat(failure(session, HUGE).getSQLState()).isEqualTo(OUT_OF_MEMORY);

      session.rollback(outer);
      assertThat(query(session, "SELECT answer FROM kept")).isEqualTo("42");
      assertThat(outcomes(session)).isEqualTo("1 blocks, 0 soft, 0 fatal");
      session.commit();
      assertThat(outcomes(session)).isEqualTo("1 blocks, 0 soft, 0 fatal");
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void errorThatAFunctionCatches_isSoft_unlessItRaisesItAgain(PostgresInstall install)
      throws Exception {
    String caught =
        "DO $$ BEGIN PERFORM length(repeat('x', 900000000));"
            + " EXCEPTION WHEN out_of_memory THEN %s; END $$";
    try (GuardedPostgres postgres = GuardedPostgres.start(install, SILENT);
        Connection session = postgres.connect()) {
      execute(session, caught.formatted("NULL"));
      assertThat(outcomes(session)).isEqualTo("0 blocks, 1 soft, 0 fatal");

      assertThat(failure(session, caught.formatted("PERFORM 1 / 0")).getSQLState())
          .isEqualTo("22012");
      assertThat(outcomes(session)).isEqualTo("0 blocks, 2 soft, 0 fatal");

      assertThat(failure(session, caught.formatted("RAISE")).getSQLState())
          .isEqualTo(OUT_OF_MEMORY);
      assertThat(outcomes(session)).isEqualTo("1 blocks, 2 soft, 0 fatal");

      // A later failure has nothing to do with an earlier statement's denial.
      failure(session, "SELECT 1 / 0");
      assertThat(outcomes(session)).isEqualTo("1 blocks, 2 soft, 0 fatal");
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void errorInALaterFetch_isABlock(PostgresInstall install) throws Exception {
    String third =
        "SELECT length(repeat('x', CASE i WHEN 3 THEN 900000000 ELSE 1 END))"
            + " FROM generate_series(1, 4) i";
    try (GuardedPostgres postgres = GuardedPostgres.start(install, SILENT);
        Connection session = postgres.connect()) {
      session.setAutoCommit(false);
      try (Statement statement = session.createStatement()) {
        statement.setFetchSize(1);
        try (ResultSet rows = statement.executeQuery(third)) {
          assertThat(rows.next()).isTrue();
          assertThat(rows.next()).isTrue();
          assertThatThrownBy(rows::next).hasMessageContaining("out of memory");
        }
      }
      session.rollback();
      assertThat(outcomes(session)).isEqualTo("1 blocks, 0 soft, 0 fatal");

      execute(session, "DECLARE rows CURSOR FOR " + third);
      execute(session, "FETCH 2 FROM rows");
      assertThat(failure(session, "FETCH 2 FROM rows").getSQLState()).isEqualTo(OUT_OF_MEMORY);
      session.rollback();
      assertThat(outcomes(session)).isEqualTo("2 blocks, 0 soft, 0 fatal");
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void errorInADeferredTrigger_isABlock_unlessTheTriggerCatchesIt(PostgresInstall install)
      throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, SILENT);
        Connection session = postgres.connect()) {
      execute(
          session,
          "CREATE TABLE item (id int, is_careful bool);"
              + "CREATE FUNCTION check_item() RETURNS trigger LANGUAGE plpgsql AS $$"
              + " BEGIN IF NOT NEW.is_careful THEN PERFORM length(repeat('x', 900000000)); RETURN NULL; END IF;"
              + " BEGIN PERFORM length(repeat('x', 900000000)); EXCEPTION WHEN out_of_memory THEN NULL; END;"
              + " RETURN NULL; END $$;"
              + "CREATE CONSTRAINT TRIGGER checked AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED"
              + " FOR EACH ROW EXECUTE FUNCTION check_item()");
      session.setAutoCommit(false);

      execute(session, "INSERT INTO item VALUES (1, true)");
      session.commit();
      assertThat(outcomes(session)).isEqualTo("0 blocks, 1 soft, 0 fatal");

      execute(session, "INSERT INTO item VALUES (2, false)");
      assertThatThrownBy(session::commit).hasMessageContaining("out of memory");
      assertThat(outcomes(session)).isEqualTo("1 blocks, 1 soft, 0 fatal");
      assertThat(count(session, "SELECT count(*) FROM item")).isEqualTo(1);
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void sessionThatEndsBecauseOfADenial_isAFatal(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, SILENT);
        Connection watcher = postgres.connect()) {
      postgres.makeAllocateFunctions(watcher);
      for (String logged : List.of("error", "panic")) {
        try (Connection session = postgres.connect()) {
          execute(session, "SET log_min_messages = " + logged);
          assertThat(failure(session, "SELECT fail(900000000, 'fatal')").getSQLState())
              .isEqualTo(OUT_OF_MEMORY);
        }
      }
      assertThat(outcomes(watcher)).isEqualTo("0 blocks, 0 soft, 2 fatal");

      // One that somebody else ends in the middle of a statement is none.
      try (Connection session = postgres.connect()) {
        assertThat(
                failure(
                        session,
                        "DO $$ BEGIN BEGIN PERFORM length(repeat('x', 900000000));"
                            + " EXCEPTION WHEN out_of_memory THEN NULL; END;"
                            + " PERFORM pg_terminate_backend(pg_backend_pid()); END $$")
                    .getSQLState())
            .isEqualTo("57P01");
      }
      assertThat(outcomes(watcher)).contains("0 blocks", "2 fatal");
      assertThat(postgres.listCrashes()).isEmpty();
    }
  }
}
