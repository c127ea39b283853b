package dev.headroom.engine.report;

import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.Estimate;
import java.util.ArrayList;
import java.util.List;

/** A logarithmic axis for rates of false blocks, in whole powers of ten. */
final class RateAxis {

  private static final int MOST_TICKS = 8;

  private RateAxis() {}

  /**
   * A chart whose axis reaches over all that is known, the goal included.
   *
   * @param days the rates are for so many instance-days
   */
  static IntervalChart chart(List<PolicyResult> policies, double days, double goal) {
    double least = goal;
    double most = goal;
    for (PolicyResult policy : policies) {
      if (scaled(policy, days)
          instanceof Estimate.Known(double value, double lower, double upper)) {
        most = Math.max(most, upper);
        least = Math.min(least, lower > 0 ? lower : value > 0 ? value : least);
      }
    }
    int from = (int) Math.floor(StrictMath.log10(least)) - 1;
    int to = (int) Math.ceil(StrictMath.log10(most));
    List<Double> ticks = new ArrayList<>();
    int step = Math.ceilDiv(to - from, MOST_TICKS);
    for (int power = from; power <= to; power += step) {
      ticks.add(StrictMath.pow(10, power));
    }
    return new IntervalChart(
        "False blocks in 1,000 instance-days",
        policy -> scaled(policy, days),
        rate -> rate <= 0 ? 0 : Math.clamp((StrictMath.log10(rate) - from) / (to - from), 0, 1),
        ticks,
        CompactNumber::of,
        goal);
  }

  private static Estimate scaled(PolicyResult policy, double days) {
    return switch (policy.falseBlocksPerInstanceDay()) {
      case Estimate.NoData none -> none;
      case Estimate.Known(double value, double lower, double upper) ->
          new Estimate.Known(days * value, days * lower, days * upper);
    };
  }
}
