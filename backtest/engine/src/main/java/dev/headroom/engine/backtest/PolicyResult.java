package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.Block;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.model.InstanceId;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What one policy would have done to all instances together.
 *
 * @param name of the policy
 * @param kind of the policy
 * @param instances how many it was replayed over
 * @param skipped the instances it could not be replayed over, and why
 * @param instanceDays evaluated time
 * @param kills verdicts of the point result
 * @param pessimisticKills verdicts, had every candidate been refused
 * @param prevention share of preventable kills that were prevented, undecided ones counted as not,
 *     with Wilson's interval
 * @param blocks refused statements of the point result
 * @param pessimisticBlocks refused statements, had every candidate been refused
 * @param falseBlocksPerInstanceDay with the exact Poisson interval
 * @param breaches intervals above the limit in which there was nobody to refuse
 * @param noDecisions evaluations without a usable limit
 * @param comparedHours evaluated time with both a limit and a known headroom
 * @param overPromiseGibHours limit beyond headroom over that time; absent when there was none
 * @param slackGibHours headroom beyond the limit over that time; absent likewise
 * @param cost at the prices of the result; absent when it is unknown how much memory was withheld
 * @param costPerInstanceDay with its bootstrap interval; no data likewise, and where instances are
 *     too few or no interval was asked for
 * @param regretKills preventable kills that hindsight prevents and this does not
 * @param comparison with another policy; absent when none was asked for
 * @param judgement of a candidate; absent for a reference policy
 * @param killOutcomes one for each kill, by instance and time
 * @param instanceBlocks the refused statements of the point result, by instance and time; empty
 *     where the configuration wants their numbers alone
 */
public record PolicyResult(
    String name,
    ReplayPolicy.Kind kind,
    int instances,
    List<Skipped> skipped,
    double instanceDays,
    KillCounts kills,
    KillCounts pessimisticKills,
    Estimate prevention,
    BlockCounts blocks,
    BlockCounts pessimisticBlocks,
    Estimate falseBlocksPerInstanceDay,
    int breaches,
    int noDecisions,
    double comparedHours,
    @Nullable Double overPromiseGibHours,
    @Nullable Double slackGibHours,
    @Nullable Cost cost,
    Estimate costPerInstanceDay,
    int regretKills,
    @Nullable Comparison comparison,
    @Nullable Judgement judgement,
    List<KillOutcome> killOutcomes,
    List<InstanceBlock> instanceBlocks) {

  public PolicyResult {
    skipped = List.copyOf(skipped);
    killOutcomes = List.copyOf(killOutcomes);
    instanceBlocks = List.copyOf(instanceBlocks);
  }

  /** An instance a policy could not be replayed over. */
  public record Skipped(InstanceId instanceId, String reason) {}

  /** A refused statement and where. */
  public record InstanceBlock(InstanceId instanceId, Block block) {}

  /** The same, judged by a replay that is not to be trusted. */
  PolicyResult untrusted(String why) {
    return new PolicyResult(
        name,
        kind,
        instances,
        skipped,
        instanceDays,
        kills,
        pessimisticKills,
        prevention,
        blocks,
        pessimisticBlocks,
        falseBlocksPerInstanceDay,
        breaches,
        noDecisions,
        comparedHours,
        overPromiseGibHours,
        slackGibHours,
        cost,
        costPerInstanceDay,
        regretKills,
        comparison,
        judgement == null ? null : judgement.untrusted(why),
        killOutcomes,
        instanceBlocks);
  }

  /** What this policy would have done about this kill. */
  public Optional<KillOutcome> findKillOutcome(UUID killId) {
    return killOutcomes.stream().filter(outcome -> outcome.killId().equals(killId)).findFirst();
  }
}
