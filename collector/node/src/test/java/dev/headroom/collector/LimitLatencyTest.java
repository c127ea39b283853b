package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * How long after a connection storm the lower limit is in the segment of a real guard. The suite
 * runs a few storms; {@code -Dheadroom.latency.storms=50} gives figures.
 */
class LimitLatencyTest {

  private static final int STORMS = Integer.getInteger("headroom.latency.storms", 3);
  private static final int CONNECTIONS = 20;
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path folder;

  @Test
  void aFloorThatRises_lowersTheLimitInTheSegment() throws Exception {
    try (GuardedLoop loop = GuardedLoop.start()) {
      loop.enforce("memory_max - shmem - page_tables");
      for (Duration cadence : List.of(Duration.ofSeconds(1), Duration.ofMillis(100))) {
        CollectorConfig config =
            GuardedLoop.config(
                folder.resolve("state" + cadence.toMillis()),
                loop.watched().cgroupPath(),
                loop.store().url(),
                loop.node(),
                Duration.ofMinutes(15),
                cadence);
        // What an earlier collector said would pass for this one's word until its lease runs out.
        loop.guard().letGo();
        try (Collector collector = Collector.start(config)) {
          awaitLimit(loop, Long.MAX_VALUE);
          long rise = rise(loop, cadence);
          assertThat(rise).isGreaterThan(CONNECTIONS * 60L * 1024);
          Random random = new Random(1);
          double[] ms = new double[STORMS];
          for (int i = 0; i < STORMS; i++) {
            ms[i] = storm(loop, cadence, rise, random);
          }
          Arrays.sort(ms);
          System.out.printf(
              "cadence %d ms: floor risen -> limit in the segment: p50 %.0f ms, p99 %.0f ms, max %.0f ms"
                  + " (%d storms of %d connections)%n",
              cadence.toMillis(),
              ms[STORMS / 2],
              ms[(int) Math.ceil(STORMS * 0.99) - 1],
              ms[STORMS - 1],
              STORMS,
              CONNECTIONS);
          assertThat(collector.findMetricsPort()).isEmpty();
        }
      }
    }
  }

  /** By how many bytes a storm lowers the limit once everything is seen. */
  private static long rise(GuardedLoop loop, Duration cadence)
      throws SQLException, IOException, InterruptedException {
    Thread.sleep(3 * cadence.toMillis());
    long before = loop.guard().findLimitInForce().orElseThrow();
    List<Connection> connections = connect(loop);
    try {
      Thread.sleep(3 * cadence.toMillis());
      return before - loop.guard().findLimitInForce().orElseThrow();
    } finally {
      close(connections);
    }
  }

  /** From the moment in which every connection is there to nine tenths of what it comes to. */
  private static double storm(GuardedLoop loop, Duration cadence, long rise, Random random)
      throws SQLException, IOException, InterruptedException {
    // Not in step with the samples, and the floor has come down again.
    Thread.sleep(3 * cadence.toMillis() + random.nextLong(cadence.toMillis()));
    long before = loop.guard().findLimitInForce().orElseThrow();
    List<Connection> connections = connect(loop);
    try {
      long risenAt = System.nanoTime();
      awaitLimit(loop, before - rise * 9 / 10);
      return (System.nanoTime() - risenAt) / 1e6;
    } finally {
      close(connections);
    }
  }

  private static List<Connection> connect(GuardedLoop loop) throws SQLException {
    List<Connection> connections = new ArrayList<>();
    for (int i = 0; i < CONNECTIONS; i++) {
      connections.add(loop.watched().connect());
    }
    return connections;
  }

  private static void close(List<Connection> connections) throws SQLException {
    for (Connection connection : connections) {
      connection.close();
    }
  }

  private static void awaitLimit(GuardedLoop loop, long atMostBytes) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      long limit = loop.guard().findLimitInForce().orElse(Long.MAX_VALUE);
      if (limit != Long.MAX_VALUE && limit <= atMostBytes) {
        return;
      }
      assertThat(System.nanoTime())
          .as("limit %d, awaited %d", limit, atMostBytes)
          .isLessThan(deadline);
      LockSupport.parkNanos(200_000);
    }
  }
}
