package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real kills of a real Postgres. */
@Timeout(400)
class LabTest {

  @TempDir Path state;

  private MemoryController controller;
  private LabConfig config;

  @BeforeEach
  void assumeMachine() throws IOException {
    controller = LabMachine.assumeMemoryController();
    config =
        LabConfig.of(LabMachine.openToEverybody(state), LabMachine.assumePostgres(), "test-node");
  }

  @Test
  void hugeSort_isKilledInEveryRound_andABaitIsNot() throws IOException {
    LabReport report;
    try (Lab lab = Lab.open(config.withRounds(2), LabListener.SILENT)) {
      report = lab.run(List.of(scenario("huge-sort"), scenario("spilling-sort")));
    }

    ScenarioResult sort = report.results().get(0);
    assertThat(sort.outcome()).isInstanceOf(Outcome.Killed.class);
    assertThat(sort.roundsWithKill()).isEqualTo(2);
    assertThat(sort.asExpected()).isTrue();
    assertThat(sort.victims())
        .singleElement()
        .extracting("cgroupPath")
        .asString()
        .contains(LabCgroup.NAME_PREFIX + report.runId());
    assertThat(sort.sessions().bystandersHarmed()).as("a kill takes every session").isEqualTo(2);
    assertThat(report.results().get(1).outcome()).isEqualTo(new Outcome.Survived());
    assertThat(report.results().get(1).sessions().bystandersHarmed()).isZero();
    assertThat(report.unexpected()).isEmpty();
    assertThat(report.oomKills()).isEqualTo(sort.oomKills()).isGreaterThanOrEqualTo(2);
    assertNothingLeft(report);
  }

  @Test
  void aScenarioThatGoesWrong_isReportedAsSuch() throws IOException {
    Scenario sort = scenario("huge-sort");
    Scenario broken =
        new Scenario(
            "broken",
            "Broken",
            sort.expectation(),
            "",
            sort.memoryMaxBytes(),
            1,
            false,
            sort.settings(),
            sort.needs(),
            stage -> stage.execute("SELECT 1 / 0"));

    LabReport report;
    try (Lab lab = Lab.open(config, LabListener.SILENT)) {
      report = lab.run(List.of(broken));
    }

    assertThat(report.results().getFirst().outcome())
        .isInstanceOfSatisfying(
            Outcome.Failed.class,
            failed -> assertThat(failed.reason()).contains("division by zero"));
    assertThat(report.unexpected()).hasSize(1);
    assertNothingLeft(report);
  }

  private void assertNothingLeft(LabReport report) throws IOException {
    try (Stream<Path> runs = Files.list(state.resolve("runs"))) {
      assertThat(runs).isEmpty();
    }
    try (Stream<Path> cgroups = Files.list(controller.childDirectory("x").getParent())) {
      assertThat(cgroups.map(path -> path.getFileName().toString()))
          .noneMatch(name -> name.startsWith(LabCgroup.NAME_PREFIX + report.runId()))
          .doesNotContain(LabCgroup.NAME_PREFIX + "probe-" + ProcessHandle.current().pid());
    }
  }

  private static Scenario scenario(String name) {
    return Scenarios.find(name).orElseThrow();
  }
}
