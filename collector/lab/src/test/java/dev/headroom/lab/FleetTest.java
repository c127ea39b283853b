package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.headroom.lab.FleetRound.ServerRound;
import dev.headroom.model.rollout.Buckets;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Real kills of servers that stand on afterwards. */
@Timeout(400)
class FleetTest {

  private static final List<Scenario> DEADLY =
      Stream.of("huge-sort", "aggregate", "idle-holders")
          .map(name -> Scenarios.find(name).orElseThrow())
          .toList();

  @TempDir Path state;

  private LabConfig config;

  @BeforeEach
  void assumeMachine() throws IOException {
    LabMachine.assumeMemoryController();
    config =
        LabConfig.of(LabMachine.openToEverybody(state), LabMachine.assumePostgres(), "test-node")
            .withParallelism(3);
  }

  @Test
  void everyServerIsKilledInEveryRound_andNeverByItsBait() throws IOException {
    try (Lab lab = Lab.open(config, LabListener.SILENT)) {
      Fleet fleet = lab.startFleet(DEADLY);

      FleetRound first = fleet.run();
      FleetRound second = fleet.run();
      FleetRound bait = fleet.runBait();

      System.out.printf(
          "rounds took %s, %s, bait %s%n", elapsed(first), elapsed(second), elapsed(bait));
      assertThat(Stream.of(first, second).flatMap(round -> round.servers().stream()))
          .hasSize(2 * DEADLY.size())
          .allSatisfy(server -> {
            assertThat(server.oomKills()).as(server.toString()).isPositive();
            assertThat(server.sessionsLost()).as(server.toString()).isPositive();
            assertThat(server.bystandersHarmed()).as(server.toString()).isEqualTo(1);
            assertThat(server.blocks()).isZero();
          });
      assertThat(bait.servers())
          .extracting(ServerRound::oomKills, ServerRound::sessionsLost, ServerRound::blocks)
          .containsOnly(tuple(0L, 0, 0L));
      assertThat(bait.number()).isEqualTo(3);
    }
    try (Stream<Path> runs = Files.list(state.resolve("runs"))) {
      assertThat(runs).as("folders of runs afterwards").isEmpty();
    }
  }

  @Test
  void exactlyTheLastServerIsHeldOut() {
    try (Lab lab = Lab.open(config, LabListener.SILENT)) {
      Fleet fleet = lab.startFleet(DEADLY.subList(0, Fleet.SMALLEST));

      assertThat(fleet.servers()).extracting(FleetServer::heldOut).containsExactly(false, true);
      assertThat(fleet.servers())
          .allSatisfy(server ->
              assertThat(Buckets.isHeldOut(server.instanceId())).isEqualTo(server.heldOut()));
      assertThat(fleet.guards()).as("plain servers have none").isEmpty();
      assertThat(fleet.awaitGuards((_, _) -> true, Duration.ofMillis(50))).isEmpty();
    }
  }

  @Test
  void aFleetOfOneShowsNothing() {
    try (Lab lab = Lab.open(config, LabListener.SILENT)) {
      assertThatThrownBy(() -> lab.startFleet(DEADLY.subList(0, 1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("at least 2 servers, not 1");
    }
  }

  private static Duration elapsed(FleetRound round) {
    return Duration.between(round.startedAt(), round.endedAt());
  }
}
