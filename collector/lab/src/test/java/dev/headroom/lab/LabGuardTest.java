package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.Jemalloc;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.model.GuardMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The same load on the same Postgres without a guard and with one. The limit comes from the
 * server's own settings, so that no collector has a part in it.
 */
@Timeout(600)
class LabGuardTest {

  private static final Path SOURCES = Path.of("../../guard-native");

  /** One fills a sort, the other dynamic shared memory, which malloc never sees. */
  private static final List<String> DEADLY = List.of("huge-sort", "parallel-hash-shm");

  private static final String BAIT = "spilling-sort";

  /** Half of what the deadly ones have, and well above what the bait takes. */
  private static final String LIMIT = "128MB";

  @TempDir Path state;

  @BeforeEach
  void assumeMachine() throws IOException {
    LabMachine.assumeMemoryController();
    LabMachine.openToEverybody(state);
  }

  @ParameterizedTest
  @ValueSource(ints = {15, 17})
  void whatTheKernelKillsWithoutAGuard_isACleanErrorWithIt(int majorVersion) {
    PostgresInstall install = assumePostgres(majorVersion);
    LabConfig plain = LabConfig.of(state, install, "test-node");
    LabGuard guard = assumeGuard(install, GuardMode.ENFORCE);

    List<ScenarioResult> before = run(plain, DEADLY, Map.of());
    List<ScenarioResult> after =
        run(
            plain.withGuard(guard),
            List.of(DEADLY.get(0), DEADLY.get(1), BAIT),
            Map.of("headroom.static_mode", "enforce", "headroom.static_limit", LIMIT));

    assertThat(before)
        .allSatisfy(result -> {
          assertThat(result.outcome()).isInstanceOf(Outcome.Killed.class);
          assertThat(result.sessions().bystandersHarmed()).isEqualTo(1);
          assertThat(result.asExpected()).isTrue();
        });
    assertThat(after.subList(0, 2))
        .allSatisfy(result -> {
          assertThat(result.outcome()).isEqualTo(new Outcome.Refused(1));
          assertThat(result.sessions()).isEqualTo(new ScenarioResult.Sessions(0, 1, 0));
          assertThat(result.oomKills()).isZero();
          // A parallel worker's block is one, and its leader's another.
          assertThat(result.blocks()).isPositive();
          assertThat(result.falseBlocks()).isZero();
          assertThat(counters(result).panics()).isZero();
          assertThat(counters(result).fatals()).isZero();
          assertThat(result.asExpected()).isTrue();
        });
    ScenarioResult bait = after.getLast();
    assertThat(bait.outcome()).isEqualTo(new Outcome.Survived());
    assertThat(bait.blocks()).isZero();
    assertThat(bait.asExpected()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(ints = {15})
  void aGuardInShadow_judgesAndRefusesNothing(int majorVersion) {
    PostgresInstall install = assumePostgres(majorVersion);
    LabGuard guard = assumeGuard(install, GuardMode.SHADOW);

    ScenarioResult result =
        run(
                LabConfig.of(state, install, "test-node").withGuard(guard),
                List.of(BAIT),
                Map.of("headroom.static_mode", "shadow", "headroom.static_limit", "1MB"))
            .getFirst();

    assertThat(result.outcome()).isEqualTo(new Outcome.Survived());
    assertThat(counters(result).wouldBlocks()).isPositive();
    assertThat(counters(result).denials()).isZero();
    assertThat(result.blocks()).isZero();
  }

  private static List<ScenarioResult> run(
      LabConfig config, List<String> names, Map<String, String> settings) {
    try (Lab lab = Lab.open(config, LabMachine.PRINTING)) {
      return lab.run(
              names.stream()
                  .map(name -> withSettings(Scenarios.find(name).orElseThrow(), settings))
                  .toList())
          .results();
    }
  }

  private static Scenario withSettings(Scenario scenario, Map<String, String> settings) {
    Map<String, String> all = new TreeMap<>(scenario.settings());
    all.putAll(settings);
    return new Scenario(
        scenario.name(),
        scenario.title(),
        scenario.expectation(),
        scenario.shows(),
        scenario.memoryMaxBytes(),
        scenario.victims(),
        scenario.groupKill(),
        all,
        scenario.needs(),
        scenario.workload());
  }

  private static GuardStatus.Counters counters(ScenarioResult result) {
    return Objects.requireNonNull(result.victims().getFirst().guard(), "the server runs a guard");
  }

  /** The machine's own of that version, else the private one, completed for a guard. */
  private static PostgresInstall assumePostgres(int majorVersion) {
    return PostgresInstall.listSystem().stream()
        .filter(install -> install.majorVersion() == majorVersion)
        .findFirst()
        .orElseGet(() -> assumePrivatePostgres(majorVersion));
  }

  private static PostgresInstall assumePrivatePostgres(int majorVersion) {
    DebianTimescaleInstaller installer =
        new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()));
    assumeTrue(
        majorVersion == DebianTimescaleInstaller.MAJOR_VERSION,
        "no Postgres " + majorVersion + " on this machine");
    assumeTrue(
        installer.findForGuard().isPresent() || installer.listObstacles().isEmpty(),
        () -> "no private Postgres here: " + installer.listObstacles());
    return installer.installForGuard(message -> System.err.println("install: " + message));
  }

  private static LabGuard assumeGuard(PostgresInstall install, GuardMode mode) {
    assumeTrue(
        Files.isDirectory(install.serverHeaders()),
        "no headers of Postgres " + install.version() + " in " + install.serverHeaders());
    assumeTrue(Jemalloc.find(install).isPresent(), "no jemalloc (Debian: libjemalloc2)");
    return new LabGuard(GuardLibraries.build(SOURCES, install), mode, Allocator.JEMALLOC);
  }
}
