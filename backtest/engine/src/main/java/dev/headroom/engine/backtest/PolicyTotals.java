package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.PolicyResult.InstanceBlock;
import dev.headroom.engine.backtest.PolicyResult.Skipped;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.Exposure;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.kernel.ReplayOutcome;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.statistics.Binomial;
import dev.headroom.engine.statistics.ClusterBootstrap;
import dev.headroom.engine.statistics.Discordance;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.engine.statistics.McNemar;
import dev.headroom.engine.statistics.Poisson;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** Adds one policy's outcomes up over all instances. */
final class PolicyTotals {

  private record InstanceKill(InstanceId instanceId, KillOutcome outcome) {}

  private static final double SIGNIFICANT = 0.05;

  private final BacktestConfig config;
  private final Prices.Settled prices;
  private final Judge judge;
  private final ReplayPolicy policy;
  private final List<Skipped> skipped = new ArrayList<>();
  private final Map<UUID, InstanceKill> kills = new LinkedHashMap<>();
  private final List<InstanceBlock> blocks = new ArrayList<>();
  private final Map<InstanceId, InstanceTally> tallies = new LinkedHashMap<>();
  private int instances;
  private BlockCounts blockCounts = BlockCounts.NONE;
  private BlockCounts pessimisticBlockCounts = BlockCounts.NONE;
  private double instanceDays;
  private int breaches;
  private int noDecisions;
  private double comparedHours;
  private double overPromiseGibHours;
  private double slackGibHours;

  private PolicyTotals(
      BacktestConfig config, Prices.Settled prices, Judge judge, ReplayPolicy policy) {
    this.config = config;
    this.prices = prices;
    this.judge = judge;
    this.policy = policy;
  }

  static PolicyTotals of(
      BacktestConfig config,
      Prices.Settled prices,
      Judge judge,
      ReplayPolicy policy,
      List<InstanceReplay> replays) {
    PolicyTotals totals = new PolicyTotals(config, prices, judge, policy);
    for (InstanceReplay replay : replays) {
      ReplayOutcome outcome = replay.outcomes().get(policy.name());
      String obstacle = replay.obstacles().get(policy.name());
      if (outcome != null) {
        totals.add(replay.instanceId(), outcome);
      } else if (obstacle != null) {
        totals.skipped.add(new Skipped(replay.instanceId(), obstacle));
      }
    }
    return totals;
  }

  ReplayPolicy policy() {
    return policy;
  }

  private void add(InstanceId instanceId, ReplayOutcome outcome) {
    instances++;
    for (KillOutcome kill : outcome.kills()) {
      kills.put(kill.killId(), new InstanceKill(instanceId, kill));
    }
    outcome.blocks().forEach(block -> blocks.add(new InstanceBlock(instanceId, block)));
    blockCounts = blockCounts.plus(outcome.blockCounts());
    pessimisticBlockCounts = pessimisticBlockCounts.plus(outcome.pessimisticBlockCounts());
    breaches += outcome.breaches();
    noDecisions += outcome.noDecisions();
    Exposure exposure = outcome.exposure();
    tallies.put(
        instanceId, InstanceTally.of(instanceId, outcome.kills(), outcome.blockCounts(), exposure));
    instanceDays += exposure.instanceDays();
    comparedHours += exposure.comparedHours();
    overPromiseGibHours += orZero(exposure.overPromiseGibHours());
    slackGibHours += orZero(exposure.slackGibHours());
  }

  private static double orZero(@Nullable Double absentWhenNothingCompared) {
    return absentWhenNothingCompared == null ? 0 : absentWhenNothingCompared;
  }

  PolicyResult result(PolicyTotals hindsight, @Nullable PolicyTotals against) {
    KillCounts counts = counts(KillOutcome::verdict);
    Comparison comparison = against == null || against == this ? null : compareWith(against);
    boolean compared = comparedHours > 0;
    boolean withholdsNothing =
        policy.kind() == ReplayPolicy.Kind.NEVER || policy.kind() == ReplayPolicy.Kind.HINDSIGHT;
    Cost cost =
        instances > 0 && (compared || withholdsNothing)
            ? Cost.of(prices, counts, blockCounts, slackGibHours)
            : null;
    return new PolicyResult(
        policy.name(),
        policy.kind(),
        instances,
        skipped,
        instanceDays,
        counts,
        counts(KillOutcome::pessimisticVerdict),
        Binomial.wilson(counts.prevented(), counts.preventable(), config.confidence()),
        blockCounts,
        pessimisticBlockCounts,
        Poisson.rate(blockCounts.falseBlocks(), instanceDays, config.confidence()),
        breaches,
        noDecisions,
        comparedHours,
        compared ? (Double) overPromiseGibHours : null,
        compared ? (Double) slackGibHours : null,
        cost,
        cost == null
            ? Estimate.NO_DATA
            : perInstanceDay(List.copyOf(tallies.values()), tally -> tally.cost(prices)),
        regret(hindsight),
        comparison,
        policy.kind().isReference() ? null : judge.judge(tallies.values(), comparison),
        kills.values().stream().map(InstanceKill::outcome).toList(),
        blocks);
  }

  private Estimate perInstanceDay(
      List<InstanceTally> instanceTallies, ToDoubleFunction<InstanceTally> amount) {
    if (config.resamples() == 0) {
      return Estimate.NO_DATA;
    }
    return new ClusterBootstrap(config.resamples(), config.seed())
        .interval(
            instanceTallies,
            drawn ->
                drawn.stream().mapToDouble(amount).sum()
                    / drawn.stream().mapToDouble(InstanceTally::instanceDays).sum(),
            config.confidence());
  }

  private interface VerdictOf {
    Verdict of(KillOutcome outcome);
  }

  private KillCounts counts(VerdictOf verdict) {
    return KillCounts.of(kills.values().stream().map(kill -> verdict.of(kill.outcome())).toList());
  }

  private int regret(PolicyTotals hindsight) {
    int regret = 0;
    for (Map.Entry<UUID, InstanceKill> kill : kills.entrySet()) {
      if (hindsight.prevents(kill.getKey()) && !prevents(kill.getKey())) {
        regret++;
      }
    }
    return regret;
  }

  private boolean prevents(UUID killId) {
    InstanceKill kill = kills.get(killId);
    return kill != null && kill.outcome().verdict() == Verdict.PREVENTED;
  }

  /** On the kills that neither policy leaves open. */
  private Comparison compareWith(PolicyTotals other) {
    int both = 0;
    int onlyThis = 0;
    int onlyOther = 0;
    int neither = 0;
    Map<InstanceId, Discordance> discordant = new LinkedHashMap<>();
    for (Map.Entry<UUID, InstanceKill> kill : kills.entrySet()) {
      if (!decides(kill.getKey()) || !other.decides(kill.getKey())) {
        continue;
      }
      boolean here = prevents(kill.getKey());
      boolean there = other.prevents(kill.getKey());
      if (here && there) {
        both++;
      } else if (here) {
        onlyThis++;
      } else if (there) {
        onlyOther++;
      } else {
        neither++;
      }
      if (here != there) {
        Discordance more = here ? new Discordance(1, 0) : new Discordance(0, 1);
        discordant.merge(kill.getValue().instanceId(), more, Discordance::plus);
      }
    }
    OptionalDouble pValue = McNemar.pValue(discordant.values());
    OptionalInt neededKills =
        pValue.orElse(1) < SIGNIFICANT
            ? OptionalInt.empty()
            : McNemar.neededClusters(discordant.values(), SIGNIFICANT);
    return new Comparison(
        other.policy.name(),
        both,
        onlyThis,
        onlyOther,
        neither,
        discordant.size(),
        pValue.isPresent() ? (Double) pValue.getAsDouble() : null,
        neededKills.isPresent() ? (Integer) neededKills.getAsInt() : null,
        perInstanceDay(
            tallies.values().stream()
                .filter(tally -> other.tallies.containsKey(tally.instanceId()))
                .toList(),
            tally -> tally.cost(prices) - other.costOn(tally.instanceId())));
  }

  private double costOn(InstanceId instanceId) {
    InstanceTally tally = tallies.get(instanceId);
    return tally == null ? 0 : tally.cost(prices);
  }

  /** Whether this policy's verdict on a kill is one of prevented, missed and unpreventable. */
  private boolean decides(UUID killId) {
    InstanceKill kill = kills.get(killId);
    return kill != null
        && switch (kill.outcome().verdict()) {
          case PREVENTED, MISSED, UNPREVENTABLE -> true;
          case UNDECIDED_GAP, UNDECIDED_CENSORED, UNDECIDED_THIN, SECONDARY -> false;
        };
  }
}
