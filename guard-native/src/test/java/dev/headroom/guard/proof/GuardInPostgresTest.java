package dev.headroom.guard.proof;

import static dev.headroom.guard.proof.GuardedPostgres.count;
import static dev.headroom.guard.proof.GuardedPostgres.execute;
import static dev.headroom.guard.proof.GuardedPostgres.failure;
import static dev.headroom.guard.proof.GuardedPostgres.query;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.headroom.embedded.PostgresInstall;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each test on every major version of Postgres that is here, with a server of its own. */
class GuardInPostgresTest {

  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String OUT_OF_MEMORY = "53200";

  /** 900 MB in one request. */
  private static final String HUGE = "SELECT length(repeat('x', 900000000))";

  /** What counts how often the guard acted. */
  private static final String BLOCKS = "SELECT blocks FROM headroom_guard_status";

  private static final String WOULD_BLOCKS = "SELECT would_blocks FROM headroom_guard_status";

  private static final Map<String, String> ENFORCE_200_MB =
      Map.of("headroom.static_mode", "enforce", "headroom.static_limit", "200MB");

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void requestBeyondTheLimit_isAnErrorOfThatStatementOnly(PostgresInstall install)
      throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, ENFORCE_200_MB);
        Connection other = postgres.connect();
        Connection session = postgres.connect()) {
      execute(session, "CREATE TEMP TABLE kept AS SELECT 42 AS answer");
      execute(other, "CREATE TEMP TABLE kept AS SELECT 43 AS answer");

      SQLException refused = failure(session, HUGE);

      assertThat(refused.getSQLState()).isEqualTo(OUT_OF_MEMORY);
      assertThat(refused.getMessage()).contains("Headroom's guard refused 9000000");
      assertThat(query(session, "SELECT answer FROM kept")).isEqualTo("42");
      assertThat(query(other, "SELECT answer FROM kept")).isEqualTo("43");
      assertThat(count(other, BLOCKS)).isEqualTo(1);
      assertThat(
              query(
                  other,
                  "SELECT string_agg(event || ' ' || coalesce(sqlstate, '-'), ', ' ORDER BY event_number)"
                      + " FROM headroom_guard_events"))
          .isEqualTo("denial -, block 53200");
      assertThat(
              count(
                  other,
                  "SELECT count(*) FROM headroom_guard_contexts c WHERE rank = 1 AND bytes > 0 AND blocks > 0"))
          .isPositive();
      assertThat(postgres.listCrashes()).isEmpty();
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void parallelHashThroughSharedMemory_isOneBlockOfItsLeader(PostgresInstall install)
      throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, ENFORCE_200_MB);
        Connection session = postgres.connect()) {
      execute(
          session,
          "CREATE TABLE wide AS SELECT i AS id, md5(i::text) || md5((-i)::text) AS text"
              + " FROM generate_series(1, 400000) i; ANALYZE wide;"
              + "SET work_mem = '1GB'; SET hash_mem_multiplier = 2; SET parallel_setup_cost = 0;"
              + "SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;"
              + "SET enable_mergejoin = off; SET enable_nestloop = off;"
              + "SET max_parallel_workers_per_gather = 2; ALTER TABLE wide SET (parallel_workers = 2)");
      String join = "SELECT count(*) FROM wide a JOIN wide b USING (text)";
      assertThat(query(session, "EXPLAIN (FORMAT JSON) " + join))
          .containsPattern("\"Node Type\": \"Hash\",[^}]*\"Parallel Aware\": true");
      // Two rounds of 64 MB and more; a limit of 48 MB stops the first.
      execute(session, "ALTER SYSTEM SET headroom.static_limit = '48MB'");
      execute(session, "SELECT pg_reload_conf()");
      await()
          .atMost(PATIENCE)
          .until(
              () -> count(session, "SELECT limit_bytes FROM headroom_guard_status") == 48L << 20);

      SQLException refused = failure(session, join);

      assertThat(refused.getSQLState()).isEqualTo(OUT_OF_MEMORY);
      assertThat(count(session, BLOCKS)).isEqualTo(1);
      // A worker's ERROR is its leader's also where no log is told of either.
      execute(session, "SET log_min_messages = panic");
      assertThat(failure(session, join).getSQLState()).isEqualTo(OUT_OF_MEMORY);
      assertThat(count(session, BLOCKS)).isEqualTo(2);
      assertThat(count(session, "SELECT count(*) FROM headroom_guard_events WHERE source = 'dsm'"))
          .isPositive();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(count(session, "SELECT dsm_bytes FROM headroom_guard_status"))
                  .isLessThan(4L << 20));
      assertThat(postgres.listCrashes()).isEmpty();
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void killSwitch_worksWithoutARestartAndByReload(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, ENFORCE_200_MB);
        Connection session = postgres.connect()) {
      assertThat(query(session, "SELECT headroom_guard_switch('shadow')")).isEqualTo("enforce");
      assertThat(query(session, HUGE)).isEqualTo("900000000");
      assertThat(count(session, WOULD_BLOCKS)).isEqualTo(1);
      assertThat(query(session, "SELECT headroom_guard_switch('off')")).isEqualTo("shadow");
      assertThat(query(session, HUGE)).isEqualTo("900000000");
      assertThat(count(session, WOULD_BLOCKS)).isEqualTo(1);
      assertThat(query(session, "SELECT headroom_guard_switch('enforce')")).isEqualTo("off");
      assertThat(failure(session, HUGE).getSQLState()).isEqualTo(OUT_OF_MEMORY);

      execute(session, "ALTER SYSTEM SET headroom.switch = 'shadow'");
      execute(session, "SELECT pg_reload_conf()");
      await()
          .atMost(PATIENCE)
          .until(() ->
              query(session, "SELECT switch_mode FROM headroom_guard_status").equals("shadow"));
      assertThat(query(session, HUGE)).isEqualTo("900000000");
      assertThatThrownBy(() -> execute(session, "SELECT headroom_guard_switch('on')"))
          .hasMessageContaining("The modes are off, shadow and enforce.");
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void superuser_isRefusedUnlessExempt(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.start(install, ENFORCE_200_MB);
        Connection superuser = postgres.connect()) {
      execute(superuser, "CREATE ROLE worker LOGIN; CREATE ROLE watcher LOGIN IN ROLE pg_monitor");
      execute(superuser, "ALTER SYSTEM SET headroom.exempt_superusers = on");
      execute(superuser, "SELECT pg_reload_conf()");
      await()
          .atMost(PATIENCE)
          .ignoreExceptions()
          .until(() -> query(superuser, HUGE).equals("900000000"));
      try (Connection worker = postgres.connect("worker", Map.of())) {
        assertThat(failure(worker, HUGE).getSQLState()).isEqualTo(OUT_OF_MEMORY);
        // Nothing of the guard is anybody's to read or to switch.
        assertThat(failure(worker, "SELECT * FROM headroom_guard_status").getSQLState())
            .isEqualTo("42501");
      }
      try (Connection watcher = postgres.connect("watcher", Map.of())) {
        assertThat(
                query(
                    watcher,
                    "SELECT max(user_name) FROM headroom_guard_processes WHERE pid = pg_backend_pid()"))
            .isEqualTo("watcher");
        assertThat(failure(watcher, "SELECT headroom_guard_switch('off')").getSQLState())
            .isEqualTo("42501");
      }
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void statementNumbers_countTopLevelStatementsInEitherProtocol(PostgresInstall install)
      throws Exception {
    String number =
        "SELECT statement_number FROM headroom_guard_processes WHERE pid = pg_backend_pid()";
    try (GuardedPostgres postgres = GuardedPostgres.start(install, Map.of())) {
      for (String protocol : new String[] {"simple", "extended"}) {
        try (Connection session =
            postgres.connect("postgres", Map.of("preferQueryMode", protocol))) {
          long before = count(session, number);
          execute(session, "DO $$ BEGIN FOR i IN 1..10 LOOP PERFORM i; END LOOP; END $$");
          failure(session, "SELECT 1 / 0");
          execute(session, "CREATE TEMP TABLE numbers (i int)");
          execute(session, "INSERT INTO numbers SELECT generate_series(1, 10)");
          // DO, the failed SELECT, CREATE, INSERT and the question itself: five more.
          assertThat(count(session, number)).as(protocol).isEqualTo(before + 5);
          // Between statements it is idle, also inside a transaction.
          session.setAutoCommit(false);
          execute(session, "SELECT 1");
          String pid = query(session, "SELECT pg_backend_pid()");
          try (Connection watcher = postgres.connect()) {
            await()
                .atMost(PATIENCE)
                .until(() ->
                    query(
                            watcher,
                            "SELECT in_statement FROM headroom_guard_processes WHERE state = 'live' AND pid = "
                                + pid)
                        .equals("f"));
          }
        }
      }
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void backgroundProcesses_areCountedAndNeverRefused(PostgresInstall install) throws Exception {
    Map<String, String> tiny =
        Map.of(
            "headroom.static_mode", "enforce",
            "headroom.static_limit", "1MB",
            "headroom.exempt_superusers", "on",
            "autovacuum_naptime", "1s");
    try (GuardedPostgres postgres = GuardedPostgres.start(install, Map.of());
        Connection session = postgres.connect()) {
      execute(session, "CREATE TABLE dead AS SELECT generate_series(1, 20000) AS i");
      execute(session, "CREATE INDEX ON dead (i); DELETE FROM dead");
      for (Map.Entry<String, String> setting : tiny.entrySet()) {
        execute(
            session, "ALTER SYSTEM SET %s = '%s'".formatted(setting.getKey(), setting.getValue()));
      }
      execute(session, "SELECT pg_reload_conf()");
      await()
          .atMost(PATIENCE)
          .until(() ->
              count(
                      session,
                      "SELECT autovacuum_count FROM pg_stat_user_tables WHERE relname = 'dead'")
                  > 0);

      assertThat(postgres.log())
          .doesNotContain("automatic vacuum of table \"postgres.public.dead\": ERROR");
      assertThat(postgres.listCrashes()).isEmpty();
      assertThat(
              query(
                  session,
                  "SELECT string_agg(DISTINCT backend_type, ',') FROM headroom_guard_processes"
                      + " WHERE kind NOT IN ('client backend', 'parallel worker') AND denials > 0"))
          .isEqualTo("null");
      assertThat(
              query(
                  session,
                  "SELECT string_agg(DISTINCT backend_type, ',') FROM headroom_guard_processes"))
          .contains("client backend", "postmaster");
    }
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void withoutThePreload_theExtensionIsPassiveAndSaysSo(PostgresInstall install) throws Exception {
    try (GuardedPostgres postgres = GuardedPostgres.startWithoutPreload(install);
        Connection session = postgres.connect()) {
      assertThat(postgres.log()).contains("libheadroom_guard.so is not preloaded", "LD_PRELOAD=");
      assertThat(query(session, "SELECT is_active FROM headroom_guard_status")).isEqualTo("f");
      assertThat(query(session, "SELECT count(*) FROM headroom_guard_processes")).isEqualTo("0");
      assertThat(failure(session, "SELECT headroom_guard_switch('off')").getMessage())
          .contains("there is no guard to switch");
    }
  }
}
