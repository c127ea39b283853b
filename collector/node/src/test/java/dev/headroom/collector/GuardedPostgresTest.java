package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.sampling.Cadence;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Policy;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A real guarded Postgres, a real collector in a process of its own, a real database: the limit
 * refuses, lets go when its collector dies, and what happened is stored.
 */
class GuardedPostgresTest {

  private static final long MIB = 1 << 20;
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** 150 MB in one piece: more than the limit of 100 MiB, less than the cgroup's 400 MiB. */
  private static final String LARGE = "select length(repeat('x', 150000000))";

  /** Grows by rows until the kernel kills it. */
  private static final String DEADLY =
      "select md5(i::text) from generate_series(1, 20000000) i order by 1 offset 19999999";

  private static final String PINS = "guarded";

  @TempDir private Path folder;
  private WatchedServers servers;
  private PrivatePostgres watched;

  @BeforeEach
  void startServers() throws IOException {
    servers =
        WatchedServers.start(
            folder,
            PINS,
            PrivatePostgres.startGuarded(
                400 * MIB,
                "work_mem=1GB",
                "shared_buffers=16MB",
                "max_connections=20",
                "jit=off",
                "max_parallel_workers_per_gather=0"));
    watched = servers.watched();
  }

  @AfterEach
  void stopServers() throws IOException {
    if (servers != null) {
      servers.close();
    }
  }

  @Test
  void limitRefuses_letsGoWhenTheCollectorDies_andTheKillThatFollowsKeepsItsLastWords()
      throws Exception {
    Process enforcing = collect(GuardMode.ENFORCE);
    try {
      await("select count(*) from headroom.memory_sample where guard_limit_bytes = " + 100 * MIB);
      assertThatThrownBy(() -> run(LARGE))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("53200"));
      run("select 1");
      await(
          "select count(*) from headroom.guard_event where kind = 'block' and mode = 'enforce'"
              + " and policy_id like 'fixed@%' and query_id is not null and statement_number >= 1"
              + " and sql_state = '53200' and limit_bytes = "
              + 100 * MIB);
      await("select count(*) from headroom.guard_event where kind = 'denial'");
      await(
          "select count(*) from headroom.guard_event where kind = 'would_block'"
              + " and policy_id like 'low@%'");
      await(
          "select count(*) from headroom.decision where mode = 'enforce' and applied"
              + " and policy_id like 'fixed@%' and limit_bytes = "
              + 100 * MIB);
    } finally {
      WatchedServers.kill(enforcing);
    }

    // Nobody renews the lease any more.
    Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(() -> run(LARGE));
    long sharedBuffers = count("select max(shared_buffers_bytes) from headroom.memory_sample");
    assertThat(sharedBuffers).isEqualTo(16 * MIB);

    Process judging = collect(GuardMode.SHADOW);
    try {
      await("select count(*) from headroom.guard_event where kind = 'lease_expired'");
      await("select count(*) from headroom.decision where mode = 'shadow' and applied");
      // A guard notices when somebody allocates; in shadow nobody is refused.
      run(LARGE);
      await(
          "select count(*) from headroom.guard_event where kind = 'lease_renewed'"
              + " and occurred_at > (select max(occurred_at) from headroom.guard_event"
              + " where kind = 'lease_expired')");
      assertThatThrownBy(() -> run(DEADLY)).isInstanceOf(SQLException.class);
      await(
          "select count(*) from headroom.oom_kill where victim_query_id is not null"
              + " and victim_statement_number >= 1 and guard_victim_bytes > "
              + 100 * MIB
              + " and guard_instance_bytes >= guard_victim_bytes"
              + " and (victim_memory_contexts -> 0 ->> 'bytes')::bigint > "
              + 50 * MIB);
      await(
          "select count(*) from headroom.process_sample where query_id is not null"
              + " and guard_allocated_peak_bytes >= guard_allocated_bytes"
              + " and backend_kind = 'client backend'");
      watched.awaitConnections();
      damagedSegment_isRefused_andHarmsNobody();
    } finally {
      WatchedServers.kill(judging);
    }
  }

  private void damagedSegment_isRefused_andHarmsNobody() throws Exception {
    Path file =
        new ProcFs(Path.of("/proc"))
            .listDescriptors(watched.pid(), "/memfd:headroom-guard (deleted)")
            .getFirst();
    try (SharedMemory segment = SharedMemory.map(file, 1L << 30)) {
      long magic = segment.getAndSetLong(0, 0xBAD);
      await(
          "select count(*) from headroom.collector_event where kind = 'failure'"
              + " and detail like 'the guard of the Postgres in % is not used: %'");
      long before = count("select count(*) from headroom.memory_sample");
      await("select count(*) - " + before + " from headroom.memory_sample");
      run("select count(*) from generate_series(1, 100000)");
      segment.setLong(0, magic);
    }
    await(
        "select count(*) from headroom.memory_sample where guard_allocated_bytes is not null"
            + " and sampled_at > (select max(occurred_at) from headroom.collector_event"
            + " where kind = 'failure' and detail like 'the guard of the Postgres in %')");
  }

  private boolean run(String query) throws SQLException {
    try (Connection connection = watched.connect();
        Statement statement = connection.createStatement()) {
      return statement.execute(query);
    }
  }

  private void await(String countingQuery) {
    Awaitility.await(countingQuery).atMost(PATIENCE).until(() -> count(countingQuery) > 0);
  }

  private long count(String query) throws SQLException {
    return servers.count(query);
  }

  private Process collect(GuardMode mode) throws IOException {
    return servers.collect(Main.class, mode.name().toLowerCase(Locale.ROOT));
  }

  /** A collector that leads the guard until it is killed. */
  public static final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
      Collector.start(
          CollectorConfig.of(Path.of(args[0], "state"))
              .withNode("test")
              .withMaxSpoolBytes(64L << 20)
              .withCadence(new Cadence(Duration.ofMillis(500), Duration.ofMillis(100)))
              .withInstances(new InstanceSelection.Discovered(args[1], Map.of()))
              .withDatabaseUrl(args[2])
              .withGuard(
                  GuardPlan.of(
                      GuardMode.valueOf(args[3].toUpperCase(Locale.ROOT)),
                      Policy.of("fixed", "100MiB"),
                      List.of(Policy.of("low", "50MiB"))))
              .withCapture(WatchedServers.capture(Path.of(args[0]), PINS)));
      Thread.currentThread().join();
    }
  }
}
