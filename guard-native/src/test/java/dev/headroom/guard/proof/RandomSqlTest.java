package dev.headroom.guard.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.embedded.PostgresInstall;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random SQL under a limit that is too tight for a good part of it. The long form is {@code
 * -Dheadroom.proof.statements=20000}; {@code -Dheadroom.proof.seed} repeats a run.
 */
class RandomSqlTest {

  private static final int STATEMENTS = Integer.getInteger("headroom.proof.statements", 150);
  private static final long SEED = Long.getLong("headroom.proof.seed", System.nanoTime());
  private static final int SESSIONS = 2;
  private static final int STATEMENTS_PER_SESSION = 200;

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void randomSqlUnderATightLimit_neverHarmsTheServer(PostgresInstall install) throws Exception {
    System.out.printf(
        "PostgreSQL %s: %d random statements, -Dheadroom.proof.seed=%d%n",
        install.version(), STATEMENTS, SEED);
    try (GuardedPostgres postgres = GuardedPostgres.start(install, Map.of("max_wal_size", "4GB"))) {
      try (Connection session = postgres.connect()) {
        for (String statement : SqlGenerator.PREPARE) {
          GuardedPostgres.execute(session, statement);
        }
        GuardedPostgres.execute(session, "ALTER SYSTEM SET headroom.static_mode = 'enforce'");
        GuardedPostgres.execute(session, "ALTER SYSTEM SET headroom.static_limit = '16MB'");
        GuardedPostgres.execute(session, "SELECT pg_reload_conf()");
      }
      Map<String, Integer> outcomes = run(postgres);

      System.out.printf("PostgreSQL %s: outcomes %s%n", install.version(), outcomes);
      try (Connection session = postgres.connect()) {
        System.out.printf(
            "PostgreSQL %s: %s%n",
            install.version(),
            GuardedPostgres.query(
                session,
                "SELECT format('%s blocks, %s soft denials, %s FATALs, %s PANICs, %s denials, %s waivers, %s breaches',"
                    + " blocks, soft_denials, fatals, panics, denials, waivers, breaches) FROM headroom_guard_status"));
        assertThat(GuardedPostgres.count(session, "SELECT panics FROM headroom_guard_status"))
            .isZero();
        assertThat(GuardedPostgres.count(session, "SELECT blocks FROM headroom_guard_status"))
            .isPositive();
      }
      assertThat(postgres.listCrashes()).isEmpty();
      assertThat(outcomes.values().stream().mapToInt(Integer::intValue).sum())
          .isGreaterThanOrEqualTo(STATEMENTS);
    }
  }

  /** How many statements ended in which SQLSTATE; "00000" went well. */
  private static Map<String, Integer> run(GuardedPostgres postgres) throws Exception {
    List<Callable<Map<String, Integer>>> sessions = new ArrayList<>();
    for (int i = 0; i < SESSIONS; i++) {
      long seed = SEED + i;
      sessions.add(() -> runOne(postgres, new SqlGenerator(seed), STATEMENTS / SESSIONS + 1));
    }
    Map<String, Integer> all = new TreeMap<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(SESSIONS)) {
      for (Future<Map<String, Integer>> one : threads.invokeAll(sessions)) {
        one.get().forEach((state, count) -> all.merge(state, count, Integer::sum));
      }
    }
    return all;
  }

  private static Map<String, Integer> runOne(
      GuardedPostgres postgres, SqlGenerator generator, int statements) throws SQLException {
    Map<String, Integer> outcomes = new TreeMap<>();
    int done = 0;
    while (done < statements) {
      // Every other session speaks the extended protocol; both get settings of their own.
      String protocol = done / STATEMENTS_PER_SESSION % 2 == 0 ? "simple" : "extended";
      try (Connection session =
          connect(
              postgres,
              Map.of("preferQueryMode", protocol, "options", "-c statement_timeout=20s"))) {
        for (int i = 0; i < STATEMENTS_PER_SESSION && done < statements; i++) {
          String state = runStatement(session, generator.next());
          outcomes.merge(state, 1, Integer::sum);
          done++;
          if (session.isClosed()) {
            break;
          }
        }
      }
    }
    return outcomes;
  }

  /** With the limit used up by others, a new session may be refused a few times. */
  private static Connection connect(GuardedPostgres postgres, Map<String, String> properties)
      throws SQLException {
    SQLException last = null;
    for (int attempt = 0; attempt < 100; attempt++) {
      try {
        return postgres.connect("postgres", properties);
      } catch (SQLException e) {
        last = e;
      }
    }
    throw new SQLException("100 attempts to connect failed", last);
  }

  private static String runStatement(Connection session, String sql) {
    try {
      GuardedPostgres.execute(session, sql);
      return "00000";
    } catch (SQLException e) {
      rollBack(session);
      return String.valueOf(e.getSQLState());
    }
  }

  /** What a failed BEGIN … COMMIT left open. */
  private static void rollBack(Connection session) {
    try {
      GuardedPostgres.execute(session, "ROLLBACK");
    } catch (SQLException e) {
      // The session is gone; the caller sees that it is closed.
      assertThat(e.getMessage()).isNotNull();
    }
  }
}
