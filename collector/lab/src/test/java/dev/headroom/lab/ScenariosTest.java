package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.lab.Scenario.Expectation;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

class ScenariosTest {

  @Test
  void list_hasEnoughOfBothKinds_withNamesThatFitCommandsAndCgroups() {
    assertThat(Scenarios.list()).extracting(Scenario::name).doesNotHaveDuplicates();
    assertThat(Scenarios.list()).allMatch(scenario -> scenario.name().matches("[a-z]+(-[a-z]+)*"));
    assertThat(Scenarios.list())
        .filteredOn(scenario -> scenario.expectation() == Expectation.KILLS)
        .hasSizeGreaterThanOrEqualTo(11);
    assertThat(Scenarios.list())
        .filteredOn(scenario -> scenario.expectation() == Expectation.SURVIVES)
        .hasSizeGreaterThanOrEqualTo(4);
  }

  @Test
  void find_givesTheOneWithThatName_orNone() {
    assertThat(Scenarios.find("burst"))
        .hasValueSatisfying(scenario -> assertThat(scenario.victims()).isGreaterThanOrEqualTo(5));
    assertThat(Scenarios.find("no-such-scenario")).isEmpty();
  }

  /** Minutes long; the figures of docs/lab.md come from it. */
  @Test
  @EnabledIfSystemProperty(named = "headroom.lab.scenarios", matches = "all")
  void everyScenario_comesAsItSays(@TempDir Path state) throws IOException {
    LabMachine.assumeMemoryController();
    LabConfig config =
        LabConfig.of(LabMachine.openToEverybody(state), LabMachine.assumePostgres(), "test-node")
            .withRounds(Integer.getInteger("headroom.lab.rounds", 1));

    LabReport report;
    try (Lab lab = Lab.open(config, LabMachine.PRINTING)) {
      report = lab.run(Scenarios.list());
    }

    assertThat(report.unexpected()).isEmpty();
    assertThat(report.results())
        .filteredOn(result -> result.scenario().name().equals("burst"))
        .singleElement()
        .satisfies(burst -> assertThat(burst.burstKills()).isGreaterThanOrEqualTo(5));
  }
}
