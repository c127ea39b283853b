package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.sampling.Cadence;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The collector dies by SIGKILL, its database goes away, and every kill is stored once all the
 * same, with all that was known of its victim.
 */
class CollectorDeathTest {

  private static final String SORT =
      "select md5(i::text) from generate_series(1, 5000000) i order by 1 offset 4999999";

  private static final String PINS = "death";

  @TempDir private Path folder;
  private static final String CAPTURING = "capturing";

  private WatchedServers servers;
  private PrivatePostgres watched;
  private PrivatePostgres store;

  @BeforeEach
  void startServers() throws IOException {
    servers =
        WatchedServers.start(
            folder,
            PINS,
            PrivatePostgres.start(256L << 20, "work_mem=1GB", "shared_buffers=16MB", "jit=off"));
    watched = servers.watched();
    store = servers.store();
  }

  @AfterEach
  void stopServers() throws IOException {
    if (servers != null) {
      servers.close();
    }
  }

  @Test
  void killWhileNoCollectorRuns_isStoredOnceByTheNextWithItsQuery() throws Exception {
    Process first = collect();
    Awaitility.await()
        .atMost(Duration.ofSeconds(90))
        .until(() -> count("select count(*) from headroom.memory_sample") > 2);
    CompletableFuture<Void> statement = CompletableFuture.runAsync(this::provokeKill);
    Thread.sleep(300);
    WatchedServers.kill(first);
    store.stopServer();
    statement.get(180, TimeUnit.SECONDS);
    watched.awaitConnections();

    Process second = collect();
    Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> timesCapturing() == 2);
    WatchedServers.kill(second);
    Process third = collect();
    try {
      // The second victim is to be seen alive: only by its start is it known that there was a READY
      // in between.
      Awaitility.await().atMost(Duration.ofSeconds(90)).until(() -> timesCapturing() == 3);
      provokeKill();
      watched.awaitConnections();
      store.startServer();
      Awaitility.await()
          .atMost(Duration.ofMinutes(2))
          .until(() -> count("select count(*) from headroom.oom_kill") == kernelCount());

      assertThat(kernelCount()).isEqualTo(2);
      assertThat(
              count(
                  "select count(*) from headroom.oom_kill where victim_user_name = 'alice'"
                      + " and victim_database_name = 'postgres'"
                      + " and victim_query_fingerprint is not null"
                      + " and instance_id is not null"))
          .isEqualTo(2);
      Awaitility.await()
          .atMost(Duration.ofSeconds(90))
          .untilAsserted(() ->
              assertThat(
                      count(
                          "select count(*) from headroom.instance_event"
                              + " where outage_ms is not null"))
                  .isEqualTo(2));
    } finally {
      WatchedServers.kill(third);
    }
  }

  private long kernelCount() throws IOException {
    return Files.readString(watched.cgroup().resolve("memory.oom_control"))
        .lines()
        .filter(line -> line.startsWith("oom_kill "))
        .mapToLong(line -> Long.parseLong(line.substring("oom_kill ".length())))
        .sum();
  }

  private long count(String query) throws SQLException {
    return servers.count(query);
  }

  private void provokeKill() {
    try (Connection connection = watched.connect();
        Statement statement = connection.createStatement()) {
      assertThatThrownBy(() -> statement.execute(SORT)).isInstanceOf(SQLException.class);
    } catch (SQLException unreachable) {
      throw new IllegalStateException(unreachable);
    }
  }

  private Process collect() throws IOException {
    return servers.collect(Main.class);
  }

  /** How many collectors have come so far that they capture kills. */
  private long timesCapturing() throws IOException {
    try (Stream<String> lines = Files.lines(servers.log())) {
      return lines.filter(CAPTURING::equals).count();
    }
  }

  /** A collector that runs until it is killed. */
  public static final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
      Collector collector =
          Collector.start(
              CollectorConfig.of(Path.of(args[0], "state"))
                  .withNode("test")
                  .withMaxSpoolBytes(64L << 20)
                  .withCadence(new Cadence(Duration.ofMillis(500), Duration.ofMillis(100)))
                  .withInstances(new InstanceSelection.Discovered(args[1], Map.of()))
                  .withDatabaseUrl(args[2])
                  .withCapture(WatchedServers.capture(Path.of(args[0]), PINS)));
      while (collector.findCaptureSource().isEmpty()) {
        Thread.sleep(20);
      }
      System.out.println(CAPTURING);
      Thread.currentThread().join();
    }
  }
}
