package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.engine.statistics.Pareto;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Which policies no other beats in kills, false blocks and slack, and what each would have cost.
 */
final class TradeOff {

  /** More candidates than this make a page that nobody reads. */
  private static final int MOST_CANDIDATES = 40;

  private TradeOff() {}

  /** Candidates of which the slack is known and that no other candidate beats. */
  static List<PolicyResult> front(List<PolicyResult> policies) {
    return Pareto.front(
        policies.stream()
            .filter(policy -> policy.judgement() != null && policy.slackGibHours() != null)
            .toList(),
        List.of(
            policy -> policy.kills().preventable() - policy.kills().prevented(),
            policy -> policy.blocks().falseBlocks(),
            policy -> Objects.requireNonNull(policy.slackGibHours())));
  }

  /** All policies; where there are very many candidates those first that no other beats. */
  static List<PolicyResult> mostTelling(List<PolicyResult> policies) {
    List<PolicyResult> candidates =
        policies.stream().filter(policy -> policy.judgement() != null).toList();
    if (candidates.size() <= MOST_CANDIDATES) {
      return policies;
    }
    Set<String> first = new HashSet<>();
    front(policies).stream().limit(MOST_CANDIDATES).forEach(each -> first.add(each.name()));
    candidates.stream()
        .filter(each -> !first.contains(each.name()))
        .limit(MOST_CANDIDATES - first.size())
        .forEach(each -> first.add(each.name()));
    return policies.stream()
        .filter(policy -> policy.judgement() == null || first.contains(policy.name()))
        .toList();
  }

  static String table(BacktestResult result, List<PolicyResult> shown) {
    Set<String> front = new HashSet<>();
    front(result.policies()).forEach(policy -> front.add(policy.name()));
    List<List<String>> rows = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      PolicyResult policy = shown.get(i);
      if (policy.instances() > 0) {
        rows.add(
            List.of(
                String.valueOf(i + 1),
                policy.name(),
                String.valueOf(policy.kills().preventable() - policy.kills().prevented()),
                String.valueOf(policy.blocks().falseBlocks()),
                Wording.gibHours(policy.slackGibHours()),
                policy.cost() == null ? Wording.NO_DATA : Wording.price(policy.cost().total()),
                interval(policy.costPerInstanceDay()),
                front.contains(policy.name()) ? "yes" : ""));
      }
    }
    return Markup.table(
        "Costs in %s: %s for a missed kill, %s for a false block, %s for a GiB·h of slack"
            .formatted(
                result.prices().unit(),
                CompactNumber.of(result.prices().kill()),
                CompactNumber.of(result.prices().falseBlock()),
                CompactNumber.of(result.prices().gibHour())),
        List.of(
            "number",
            "policy",
            "kills not prevented",
            "false blocks",
            "slack",
            "cost",
            "cost per instance-day",
            "no candidate beats it"),
        rows);
  }

  private static String interval(Estimate estimate) {
    return switch (estimate) {
      case Estimate.NoData() -> Wording.NO_DATA;
      case Estimate.Known(double value, double lower, double upper) ->
          "%s [%s, %s]"
              .formatted(CompactNumber.of(value), CompactNumber.of(lower), CompactNumber.of(upper));
    };
  }
}
