package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.embedded.PostgresInstall;
import dev.headroom.model.InstanceId;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * The promise of the collector, kept under real kills: every kill that the kernel counted is stored
 * exactly once, whatever happens to the collector and to the database meanwhile.
 */
class LabReliabilityTest {

  private static final String NODE = "reliability-node";

  @TempDir Path folder;

  private PostgresInstall install;
  private LabDatabase database;

  @BeforeEach
  void startDatabase() throws Exception {
    LabMachine.assumeMemoryController();
    install = LabMachine.assumePostgres();
    LabMachine.openToEverybody(folder);
    database = LabDatabase.start(Files.createDirectory(folder.resolve("db")), install);
  }

  @AfterEach
  void stopDatabase() {
    if (database != null) {
      database.close();
    }
  }

  @Test
  @Timeout(500)
  void everyKill_isStoredOnce_whenTheCollectorIsKilledAndTheDatabaseIsAway() throws Exception {
    LabReport report = runDisturbed(1, Duration.ofSeconds(5), 2, List.of("huge-sort", "burst"));

    assertThat(report.oomKills()).isGreaterThanOrEqualTo(8);
  }

  /** About four minutes; the run that the reliability figures come from. */
  @Test
  @Timeout(1200)
  @EnabledIfSystemProperty(named = "headroom.lab.soak", matches = "true")
  void thirtyKills_areStoredOnce_whenTheCollectorIsKilledTwiceAndTheDatabaseIsAwayForLong()
      throws Exception {
    LabReport report =
        runDisturbed(
            2,
            Duration.ofSeconds(30),
            3,
            List.of("huge-sort", "aggregate", "burst", "parallel-hash-shm", "neighbour"));

    assertThat(report.oomKills()).isGreaterThanOrEqualTo(30);
    assertThat(report.results())
        .anySatisfy(result -> assertThat(result.burstKills()).isGreaterThanOrEqualTo(5));
  }

  private LabReport runDisturbed(
      int collectorKills, Duration databaseOutage, int rounds, List<String> names)
      throws Exception {
    LabConfig config =
        LabConfig.of(folder.resolve("lab"), install, NODE)
            .withRounds(rounds)
            .withCollector(
                CollectorProcess.command(NODE, folder.resolve("collector"), database.url()));
    List<Scenario> scenarios =
        names.stream().map(name -> Scenarios.find(name).orElseThrow()).toList();
    Kills kills = new Kills();
    LabReport report;
    try (Lab lab = Lab.open(config, kills)) {
      AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
      Thread disturber =
          Thread.ofPlatform()
              .name("disturber")
              .uncaughtExceptionHandler((thread, thrown) -> failure.set(thrown))
              .start(() -> disturb(lab, kills, collectorKills, databaseOutage));
      report = lab.run(scenarios);
      disturber.join(Duration.ofMinutes(4));
      assertThat(failure.get()).isNull();
      assertThat(disturber.isAlive()).isFalse();
      assertThat(report.unexpected()).isEmpty();
      awaitStored(lab, report);
    }
    // Closing gives the collector the last word; it must not store anything twice.
    assertThat(database.killsByInstance()).isEqualTo(counted(report));
    assertThat(database.number("SELECT count(DISTINCT kill_id) FROM headroom.oom_kill"))
        .isEqualTo(report.oomKills());
    assertEnriched(report);
    assertLabelled(report);
    return report;
  }

  /**
   * Kills the collector right after a kill, and starts it again only after the kernel has killed
   * once more in its absence; then takes the database away.
   */
  private void disturb(Lab lab, Kills kills, int collectorKills, Duration databaseOutage) {
    kills.await(1);
    LabCollector collector = lab.findCollector().orElseThrow();
    for (int i = 0; i < collectorKills; i++) {
      kills.await(1 + 3L * i);
      collector.kill();
      kills.awaitAnother();
      collector.restart();
    }
    database.stop();
    Pause.ofMillis(databaseOutage.toMillis());
    database.startAgain();
  }

  private void awaitStored(Lab lab, LabReport report) {
    await()
        .atMost(Duration.ofMinutes(3))
        .pollInterval(Duration.ofMillis(500))
        .untilAsserted(() ->
            assertThat(database.killsByInstance())
                .as(() -> lab.findCollector().orElseThrow().log())
                .isEqualTo(counted(report)));
  }

  /** The kernel's own counters, without the victims that were never killed. */
  private static Map<InstanceId, Long> counted(LabReport report) {
    Map<InstanceId, Long> counted = new TreeMap<>();
    report.victims().stream()
        .filter(victim -> victim.oomKills() > 0)
        .forEach(victim -> counted.put(victim.instanceId(), victim.oomKills()));
    return counted;
  }

  private void assertEnriched(LabReport report) throws SQLException {
    assertThat(
            database.number(
                "SELECT count(*) FROM headroom.oom_kill WHERE victim_backend_kind = 'unknown'"))
        .as("kills without a backend kind")
        .isZero();
    long complete =
        database.number(
            """
            SELECT count(*) FROM headroom.oom_kill
            WHERE victim_database_name IS NOT NULL AND victim_user_name IS NOT NULL
              AND victim_query_fingerprint IS NOT NULL\
            """);
    System.out.printf(
        "%d of %d kills with database, user and query%n", complete, report.oomKills());
    assertThat(100 * complete)
        .as("%d of %d kills complete", complete, report.oomKills())
        .isGreaterThanOrEqualTo(95 * report.oomKills());
  }

  private void assertLabelled(LabReport report) throws SQLException {
    assertThat(
            database.number(
                "SELECT count(*) FROM headroom.instance WHERE labels ->> 'lab' = '%s'"
                    .formatted(report.runId())))
        .isEqualTo(report.victims().size());
  }

  /** Lets a thread wait for the n-th kill of the run. */
  private static final class Kills implements LabListener {

    private long before;
    private long ofScenario;

    @Override
    public synchronized void killed(Scenario scenario, long kills) {
      ofScenario = kills;
      notifyAll();
    }

    @Override
    public synchronized void scenarioEnded(ScenarioResult result) {
      LabMachine.PRINTING.scenarioEnded(result);
      before += ofScenario;
      ofScenario = 0;
    }

    void awaitAnother() {
      await(count() + 1);
    }

    private synchronized long count() {
      return before + ofScenario;
    }

    synchronized void await(long kills) {
      try {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(240);
        while (count() < kills) {
          if (System.nanoTime() > deadline) {
            throw new LabException("%d kills did not happen".formatted(kills));
          }
          wait(100);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted", e);
      }
    }
  }
}
