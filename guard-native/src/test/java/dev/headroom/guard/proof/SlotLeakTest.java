package dev.headroom.guard.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.embedded.PostgresInstall;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Backends that come and go. The long form is {@code -Dheadroom.proof.backends=500
 * -Dheadroom.proof.rounds=40}.
 */
class SlotLeakTest {

  private static final int BACKENDS = Integer.getInteger("headroom.proof.backends", 40);
  private static final int ROUNDS = Integer.getInteger("headroom.proof.rounds", 5);
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final String LIVE_BACKENDS =
      "SELECT count(*) FROM headroom_guard_processes WHERE state = 'live' AND kind = 'client backend'";

  @BeforeAll
  static void needsPostgres() {
    GuardedPostgres.assumeInstalled();
  }

  @ParameterizedTest(name = "PostgreSQL {0}")
  @MethodSource("dev.headroom.guard.proof.GuardedPostgres#listInstalls")
  void backendsThatComeAndGo_leaveNoSlotAndNoBytesBehind(PostgresInstall install) throws Exception {
    Map<String, String> settings =
        Map.of("max_connections", Integer.toString(BACKENDS + 20), "shared_buffers", "32MB");
    try (GuardedPostgres postgres = GuardedPostgres.start(install, settings);
        Connection watcher = postgres.connect();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int round = 0; round < ROUNDS; round++) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < BACKENDS; i++) {
          long seed = round * 1_000L + i;
          all.add(threads.submit(() -> liveAndDie(postgres, new Random(seed))));
        }
        for (Future<?> one : all) {
          one.get();
        }
      }

      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(GuardedPostgres.count(watcher, LIVE_BACKENDS)).isEqualTo(1));
      assertThat(
              GuardedPostgres.count(watcher, "SELECT slots_exhausted FROM headroom_guard_status"))
          .isZero();
      // The one that is left, and the segments of dynamic shared memory that the server keeps.
      assertThat(
              GuardedPostgres.count(
                  watcher,
                  "SELECT s.allocated_bytes - s.dsm_bytes - sum(p.charged_bytes)"
                      + " FROM headroom_guard_status s, headroom_guard_processes p"
                      + " WHERE p.state = 'live' AND p.kind IN ('client backend', 'parallel worker')"
                      + " GROUP BY s.allocated_bytes, s.dsm_bytes"))
          .isBetween(-(4L << 20), 4L << 20);
      assertThat(postgres.listCrashes()).isEmpty();
    }
  }

  private static void liveAndDie(GuardedPostgres postgres, Random random) {
    try (Connection session = postgres.connect()) {
      switch (random.nextInt(3)) {
        case 0 -> GuardedPostgres.query(session, "SELECT length(repeat('x', 3000000))");
        case 1 -> GuardedPostgres.query(session, "SELECT pg_terminate_backend(pg_backend_pid())");
        default -> session.isClosed();
      }
    } catch (SQLException e) {
      // Whoever ends its own session hears of it.
      assertThat(e.getSQLState()).isIn("57P01", "08006", "08003");
    }
  }
}
