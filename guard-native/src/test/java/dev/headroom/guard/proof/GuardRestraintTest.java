package dev.headroom.guard.proof;

import static dev.headroom.guard.proof.GuardedPostgres.count;
import static dev.headroom.guard.proof.GuardedPostgres.execute;
import static dev.headroom.guard.proof.GuardedPostgres.failure;
import static dev.headroom.guard.proof.GuardedPostgres.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.embedded.PostgresInstall;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Whom and where the guard must not refuse, in a real server that is far beyond its limit. */
class GuardRestraintTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String OUT_OF_MEMORY = "53200";
  private static final String HUGE = "SELECT length(repeat('x', 900000000))";
  private static final String BREACHES = "SELECT breaches FROM headroom_guard_status";

  private static final Map<String, String> ENFORCE_200_MB =
      Map.of("headroom.static_mode", "enforce", "headroom.static_limit", "200MB");

  /** What writes WAL, commits, and is at work in critical sections. */
  private static final List<String> WRITERS =
      List.of(
          "INSERT INTO ledger SELECT i, repeat('x', 500) FROM generate_series(1, 300) i",
          "UPDATE ledger SET text = text || 'y' WHERE id % 7 = 0",
          "CREATE INDEX ON ledger (text)",
          "CHECKPOINT",
          "BEGIN; SAVEPOINT a; DELETE FROM ledger WHERE id % 11 = 0; RELEASE a; COMMIT",
          "BEGIN; INSERT INTO ledger VALUES (0, 'prepared'); PREPARE TRANSACTION 'one'",
          "COMMIT PREPARED 'one'",
          "SELECT pg_switch_wal()",
          "VACUUM ledger",
          "CREATE TABLE copied AS SELECT * FROM ledger; DROP TABLE copied",
          "TRUNCATE counters; INSERT INTO counters SELECT nextval('number') FROM generate_series(1, 200)",
          "REINDEX TABLE ledger");

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void placesWhereAnErrorWouldBeWorse_areNeverRefused(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, ENFORCE_200_MB);
        Connection session = postgres.connect()) {
      postgres.makeAllocateFunctions(session);
      assertThat(query(session, "SELECT allocate(900000000, 'statement')")).isEqualTo("f");
      assertThat(count(session, BREACHES)).isZero();
      long breaches = 0;
      for (String place : List.of("critical section", "interrupts held", "no handler")) {
        assertThat(query(session, "SELECT allocate(900000000, '%s')".formatted(place)))
            .as(place)
            .isEqualTo("t");
        assertThat(count(session, BREACHES)).as(place).isGreaterThan(breaches);
        breaches = count(session, BREACHES);
      }
      assertThat(postgres.listCrashes()).isEmpty();
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void walSender_isNeverRefused(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, ENFORCE_200_MB);
        Connection session = postgres.connect();
        Connection walSender =
            postgres.connect(
                "postgres",
                Map.of(
                    "replication", "database",
                    "preferQueryMode", "simple",
                    "assumeMinServerVersion", "15"))) {
      assertThat(query(walSender, HUGE)).isEqualTo("900000000");

      assertThat(
              query(
                  walSender,
                  "SELECT kind || ', ' || denials FROM headroom_guard_processes"
                      + " WHERE state = 'live' AND pid = pg_backend_pid()"))
          .isEqualTo("walsender, 0");
      assertThat(failure(session, HUGE).getSQLState()).isEqualTo(OUT_OF_MEMORY);
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void limitThatLeavesNothing_endsNoServer(PostgresInstall install) throws Exception {
    Map<String, String> settings =
        Map.of(
            "headroom.exempt_superusers", "on",
            "headroom.static_mode", "enforce",
            "statement_timeout", "60s",
            "max_prepared_transactions", "2");
    try (GuardedPostgres postgres = GuardedPostgres.start(install, settings);
        Connection steering = postgres.connect()) {
      execute(
          steering,
          "CREATE ROLE worker LOGIN IN ROLE pg_checkpoint;"
              + "GRANT CREATE ON SCHEMA public TO worker;"
              + "GRANT EXECUTE ON FUNCTION pg_switch_wal() TO worker");
      int done = 0;
      int refused = 0;
      try (Connection session = postgres.connect("worker", Map.of())) {
        execute(
            session,
            "CREATE TABLE ledger (id int, text text); CREATE TABLE counters (n bigint);"
                + "CREATE SEQUENCE number; CREATE INDEX ON ledger (id)");
        for (int round = 0; round < 24; round++) {
          for (String writer : WRITERS) {
            // From less than a session holds when idle to what some statements can do with.
            limit(steering, 1 << (round % 5));
            try {
              execute(session, writer);
              done++;
            } catch (SQLException e) {
              // The others follow from a refusal: what was not prepared, not dropped, not ended.
              assertThat(e.getSQLState())
                  .as(writer)
                  .isIn(OUT_OF_MEMORY, "25P02", "42704", "42710", "42P07");
              refused++;
            }
            limit(steering, 0);
            execute(session, "ROLLBACK");
            if (count(steering, "SELECT count(*) FROM pg_prepared_xacts") > 0
                && !writer.contains("PREPARE TRANSACTION")) {
              execute(steering, "ROLLBACK PREPARED 'one'");
            }
            execute(session, "DROP TABLE IF EXISTS copied");
          }
        }
      }

      assertThat(done).isPositive();
      assertThat(refused).isPositive();
      assertThat(count(steering, "SELECT blocks FROM headroom_guard_status")).isPositive();
      assertThat(count(steering, "SELECT panics + fatals FROM headroom_guard_status")).isZero();
      assertThat(postgres.listCrashes()).isEmpty();
      // What the index says is what the table says.
      String rows = "SELECT count(*) FROM ledger WHERE id >= 0";
      execute(steering, "SET enable_seqscan = off");
      String byIndex = query(steering, rows);
      execute(
          steering,
          "RESET enable_seqscan; SET enable_indexscan = off; SET enable_bitmapscan = off;"
              + "SET enable_indexonlyscan = off");
      assertThat(query(steering, rows)).isEqualTo(byIndex);
    }
  }

  /** Sets the limit from an exempt session; 0 for none. */
  private static void limit(Connection steering, int mebibytes) throws SQLException {
    execute(steering, "ALTER SYSTEM SET headroom.static_limit = '%dMB'".formatted(mebibytes));
    execute(steering, "SELECT pg_reload_conf()");
    String inForce = "SELECT coalesce(limit_bytes, 0) FROM headroom_guard_status";
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofMillis(5))
        .until(() -> count(steering, inForce) == (long) mebibytes << 20);
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void libraryOfAnotherVersion_isLeftAlone(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.startWithPreload(install, "other_version.so");
        Connection session = postgres.connect()) {
      assertThat(postgres.log())
          .contains(
              "the preloaded libheadroom_guard.so is of another version, so nothing is refused",
              "This extension speaks version 1 of its interface.",
              "Install libheadroom_guard.so and headroom.so from the same build");
      assertThat(query(session, "SELECT is_active FROM headroom_guard_status")).isEqualTo("f");
      assertThat(query(session, HUGE)).isEqualTo("900000000");
    }
  }
}
