package dev.headroom.lab;

import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one scenario did.
 *
 * @param scenario which
 * @param victims the servers that took part, with what the kernel counted for each
 * @param outcome over all of them
 * @param rounds how often the load was run
 * @param roundsWithKill in how many of them the kernel killed
 * @param guardMode how the servers were guarded; OFF for plain ones
 * @param sessions what became of them, over all rounds
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
    GuardMode guardMode,
    Sessions sessions,
    int burstKills,
    Instant startedAt,
    Instant endedAt) {

  public ScenarioResult {
    victims = List.copyOf(victims);
  }

  /**
   * What became of sessions.
   *
   * @param lost that ended because of a kill, the killed ones included
   * @param refused statements that ended in an error for lack of memory, in sessions that went on
   * @param bystandersHarmed sessions that took no part and did not answer after the load
   */
  public record Sessions(int lost, int refused, int bystandersHarmed) {

    static final Sessions NONE = new Sessions(0, 0, 0);

    Sessions plus(Sessions other) {
      return new Sessions(
          lost + other.lost, refused + other.refused, bystandersHarmed + other.bystandersHarmed);
    }
  }

  /**
   * One server.
   *
   * @param instanceId as every collector names it
   * @param cgroupPath below the controller's mount
   * @param oomKills the kernel's own count
   * @param peakBytes the highest use of the cgroup, page cache included
   * @param guard what its guard counted; absent without one, and where the whole server was killed
   */
  public record VictimResult(
      InstanceId instanceId,
      String cgroupPath,
      long oomKills,
      long peakBytes,
      GuardStatus.@Nullable Counters guard) {}

  /** Kills by the kernel's own counters. */
  public long oomKills() {
    return victims.stream().mapToLong(VictimResult::oomKills).sum();
  }

  public Duration elapsed() {
    return Duration.between(startedAt, endedAt);
  }

  /** Statements that the guards refused for good; 0 without a guard. */
  public long blocks() {
    return guardCounters().mapToLong(GuardStatus.Counters::blocks).sum();
  }

  /** Statements that the guards would have refused for good under the limit in shadow. */
  public long wouldBlocks() {
    return guardCounters().mapToLong(GuardStatus.Counters::wouldBlocks).sum();
  }

  /** Blocks where nobody is killed without a guard either. */
  public long falseBlocks() {
    return scenario.expectation() == Scenario.Expectation.SURVIVES ? blocks() : 0;
  }

  private Stream<GuardStatus.Counters> guardCounters() {
    return victims.stream().flatMap(victim -> Stream.ofNullable(victim.guard()));
  }

  /** Whether nobody was killed and no session was lost or harmed; refusals do no such harm. */
  public boolean unharmed() {
    return switch (outcome) {
      case Outcome.Refused _, Outcome.Survived _ -> sessions.bystandersHarmed() == 0;
      case Outcome.Killed _, Outcome.Failed _, Outcome.Skipped _ -> false;
    };
  }

  /**
   * Whether it came as the scenario says: a kill in every round, or none at all. Under a guard that
   * enforces, nobody may be killed and no bystander harmed, and who survives without a guard must
   * not be refused anything. A skipped one did neither.
   */
  public boolean asExpected() {
    boolean enforced = guardMode == GuardMode.ENFORCE;
    boolean kills = scenario.expectation() == Scenario.Expectation.KILLS;
    return switch (outcome) {
      case Outcome.Killed _ -> kills && !enforced && roundsWithKill == rounds;
      case Outcome.Refused _ -> kills && enforced && unharmed();
      case Outcome.Survived _ -> (!kills || enforced) && unharmed();
      case Outcome.Failed _, Outcome.Skipped _ -> false;
    };
  }
}
