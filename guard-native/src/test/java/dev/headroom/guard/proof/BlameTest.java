package dev.headroom.guard.proof;

import static dev.headroom.guard.proof.GuardedPostgres.count;
import static dev.headroom.guard.proof.GuardedPostgres.query;
import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.embedded.PostgresInstall;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Who pays: one session that grows until it is refused, again and again, beside four that sort a
 * little. {@code -Dheadroom.proof.seconds=30} makes each round longer.
 */
class BlameTest {

  private static final Duration ROUND =
      Duration.ofSeconds(Integer.getInteger("headroom.proof.seconds", 4));
  private static final int MODEST_SESSIONS = 4;
  private static final String OUT_OF_MEMORY = "53200";

  /** Some 200 MB, were it not for the limit of 100 MB. */
  private static final String GROWS =
      "SELECT cardinality(array_agg(repeat(md5(i::text), 4))) FROM generate_series(1, 1000000) i";

  /** Some 3 MB. */
  private static final String MODEST =
      "SELECT count(*) FROM (SELECT md5(i::text) AS m FROM generate_series(1, 20000) i ORDER BY 1) t";

  /** How one session's statements ended. */
  private record Ended(long done, long refused) {

    Ended plus(Ended other) {
      return new Ended(done + other.done, refused + other.refused);
    }
  }

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void largest_refusesNobodyBelowItsShare(PostgresInstall install) throws Exception {
    for (String blame : List.of("requester", "largest")) {
      Map<String, String> settings =
          Map.of(
              "headroom.static_mode", "enforce",
              "headroom.static_limit", "100MB",
              "headroom.blame", blame,
              "log_min_messages", "panic",
              "jit", "off",
              "max_parallel_workers_per_gather", "0",
              "work_mem", "64MB");
      try (GuardedPostgres postgres = GuardedPostgres.start(install, settings);
          Connection watcher = postgres.connect();
          ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        long end = System.nanoTime() + ROUND.toNanos();
        Future<Ended> growing = threads.submit(() -> repeat(postgres, GROWS, end));
        List<Future<Ended>> all = new ArrayList<>();
        for (int i = 0; i < MODEST_SESSIONS; i++) {
          all.add(threads.submit(() -> repeat(postgres, MODEST, end)));
        }
        Ended modest = new Ended(0, 0);
        for (Future<Ended> one : all) {
          modest = modest.plus(one.get());
        }
        Ended hog = growing.get();
        System.out.printf(
            "PostgreSQL %s, %s, %d s: the growing session %d done, %d refused; %d modest sessions %d done, %d refused%n",
            install.version(),
            blame,
            ROUND.toSeconds(),
            hog.done(),
            hog.refused(),
            MODEST_SESSIONS,
            modest.done(),
            modest.refused());

        assertThat(modest.done()).isPositive();
        assertThat(count(watcher, "SELECT blocks FROM headroom_guard_status"))
            .isEqualTo(hog.refused() + modest.refused());
        assertThat(postgres.listCrashes()).isEmpty();
        if (blame.equals("largest")) {
          assertThat(hog.refused()).isPositive();
          assertThat(modest.refused()).isZero();
        }
      }
    }
  }

  private static Ended repeat(GuardedPostgres postgres, String sql, long end) throws SQLException {
    long done = 0;
    long refused = 0;
    try (Connection session = postgres.connect()) {
      while (System.nanoTime() < end) {
        try {
          query(session, sql);
          done++;
        } catch (SQLException e) {
          assertThat(e.getSQLState()).isEqualTo(OUT_OF_MEMORY);
          refused++;
        }
      }
    }
    return new Ended(done, refused);
  }
}
