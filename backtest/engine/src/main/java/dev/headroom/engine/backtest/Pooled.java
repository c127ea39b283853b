package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.BlockClass;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** What policies did to instances, added up over several results or over some of the instances. */
final class Pooled {

  private static final class OfInstance {
    final List<Verdict> verdicts = new ArrayList<>();
    final List<BlockClass> blocks = new ArrayList<>();
    double instanceDays;
  }

  private final Map<InstanceId, OfInstance> byInstance = new LinkedHashMap<>();

  /**
   * Adds what one policy of a result did to each of these instances.
   *
   * @throws IllegalArgumentException when the result does not say where its statements were refused
   */
  void add(BacktestResult result, PolicyResult policy, Set<InstanceId> instances) {
    if (!result.manifest().config().keepsBlocks()) {
      throw new IllegalArgumentException("the refused statements of this result were only counted");
    }
    Set<InstanceId> skipped =
        policy.skipped().stream().map(PolicyResult.Skipped::instanceId).collect(Collectors.toSet());
    for (BacktestResult.ReplayedInstance each : result.replayed()) {
      InstanceId id = each.instance().id();
      if (instances.contains(id) && !skipped.contains(id)) {
        of(id).instanceDays += each.instanceDays();
      }
    }
    Map<UUID, KillOutcome> outcomes =
        policy.killOutcomes().stream()
            .collect(Collectors.toMap(KillOutcome::killId, outcome -> outcome));
    for (BacktestResult.JudgedKill judged : result.kills()) {
      InstanceId id = judged.kill().instanceId();
      KillOutcome outcome = outcomes.get(judged.kill().killId());
      if (id != null && outcome != null && instances.contains(id)) {
        of(id).verdicts.add(outcome.verdict());
      }
    }
    for (PolicyResult.InstanceBlock block : policy.instanceBlocks()) {
      if (instances.contains(block.instanceId())) {
        of(block.instanceId()).blocks.add(block.block().blockClass());
      }
    }
  }

  private OfInstance of(InstanceId id) {
    return byInstance.computeIfAbsent(id, _ -> new OfInstance());
  }

  /** What the judge wants: how much memory was withheld is not part of it. */
  List<InstanceTally> tallies() {
    List<InstanceTally> tallies = new ArrayList<>();
    byInstance.forEach((id, each) ->
        tallies.add(
            new InstanceTally(
                id,
                KillCounts.of(each.verdicts),
                BlockCounts.of(each.blocks),
                each.instanceDays,
                null)));
    return tallies;
  }

  KillCounts kills() {
    return KillCounts.of(
        byInstance.values().stream().flatMap(each -> each.verdicts.stream()).toList());
  }

  BlockCounts blocks() {
    return BlockCounts.of(
        byInstance.values().stream().flatMap(each -> each.blocks.stream()).toList());
  }

  double instanceDays() {
    return byInstance.values().stream().mapToDouble(each -> each.instanceDays).sum();
  }
}
