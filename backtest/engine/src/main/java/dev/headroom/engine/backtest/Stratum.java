package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.statistics.Binomial;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.engine.statistics.Poisson;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A result's instances that have one thing in common. Nothing is decided by a stratum: the more of
 * them, the better the best of them looks by chance.
 *
 * @param value what they have in common
 * @param instances how many
 * @param policies what each policy did to them, in the order of the result
 */
public record Stratum(String value, int instances, List<OfPolicy> policies) {

  /** What instances without the label have in common. */
  static final String WITHOUT = "(none)";

  public Stratum {
    policies = List.copyOf(policies);
  }

  /** What one policy did to the instances of a stratum. */
  public record OfPolicy(
      String name,
      KillCounts kills,
      Estimate prevention,
      BlockCounts blocks,
      Estimate falseBlocksPerInstanceDay,
      double instanceDays) {}

  /** One stratum for each value of a label, in their order; instances without it are one, too. */
  public static List<Stratum> byLabel(BacktestResult result, String label) {
    return of(result, instance -> instance.labels().getOrDefault(label, WITHOUT));
  }

  /** One stratum for each instance, by its cgroup's path. */
  public static List<Stratum> byInstance(BacktestResult result) {
    return of(result, Instance::cgroupPath);
  }

  private static List<Stratum> of(BacktestResult result, Function<Instance, String> valueOf) {
    Map<String, Set<InstanceId>> byValue = new TreeMap<>();
    for (BacktestResult.ReplayedInstance each : result.replayed()) {
      byValue
          .computeIfAbsent(valueOf.apply(each.instance()), _ -> new LinkedHashSet<>())
          .add(each.instance().id());
    }
    List<Stratum> strata = new ArrayList<>();
    byValue.forEach((value, instances) ->
        strata.add(
            new Stratum(
                value,
                instances.size(),
                result.policies().stream().map(policy -> of(result, policy, instances)).toList())));
    return strata;
  }

  private static OfPolicy of(
      BacktestResult result, PolicyResult policy, Set<InstanceId> instances) {
    Pooled pooled = new Pooled();
    pooled.add(result, policy, instances);
    double confidence = result.manifest().config().confidence();
    KillCounts kills = pooled.kills();
    return new OfPolicy(
        policy.name(),
        kills,
        Binomial.wilson(kills.prevented(), kills.preventable(), confidence),
        pooled.blocks(),
        Poisson.rate(pooled.blocks().falseBlocks(), pooled.instanceDays(), confidence),
        pooled.instanceDays());
  }
}
