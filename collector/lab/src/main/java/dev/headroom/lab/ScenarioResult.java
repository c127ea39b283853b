package dev.headroom.lab;

import dev.headroom.model.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What one scenario did.
 *
 * @param scenario which
 * @param victims the servers that took part, with what the kernel counted for each
 * @param outcome over all of them
 * @param rounds how often the load was run
 * @param roundsWithKill in how many of them the kernel killed
 * @param lostSessions sessions that ended because of a kill, the killed ones included
 * @param burstKills the most kills that were seen within one second, over all victims
 * @param startedAt when its first server was started
 * @param endedAt when its last server was stopped
 */
public record ScenarioResult(
    Scenario scenario,
    List<VictimResult> victims,
    Outcome outcome,
    int rounds,
    int roundsWithKill,
    int lostSessions,
    int burstKills,
    Instant startedAt,
    Instant endedAt) {

  public ScenarioResult {
    victims = List.copyOf(victims);
  }

  /**
   * One server.
   *
   * @param instanceId as every collector names it
   * @param cgroupPath below the controller's mount
   * @param oomKills the kernel's own count
   * @param peakBytes the highest use of the cgroup, page cache included
   */
  public record VictimResult(
      InstanceId instanceId, String cgroupPath, long oomKills, long peakBytes) {}

  /** Kills by the kernel's own counters. */
  public long oomKills() {
    return victims.stream().mapToLong(VictimResult::oomKills).sum();
  }

  public Duration elapsed() {
    return Duration.between(startedAt, endedAt);
  }

  /**
   * Whether it came as the scenario says: a kill in every round, or none at all. A skipped one did
   * neither.
   */
  public boolean asExpected() {
    return switch (outcome) {
      case Outcome.Killed killed ->
          scenario.expectation() == Scenario.Expectation.KILLS && roundsWithKill == rounds;
      case Outcome.Survived survived -> scenario.expectation() == Scenario.Expectation.SURVIVES;
      case Outcome.Failed failed -> false;
      case Outcome.Skipped skipped -> false;
    };
  }
}
