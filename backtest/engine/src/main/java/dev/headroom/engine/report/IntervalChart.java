package dev.headroom.engine.report;

import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.statistics.Estimate;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.Function;

/**
 * One estimate of each policy on a common axis, with its interval and the goal.
 *
 * @param title what is estimated
 * @param axis from values to the share of the axis's length, in [0, 1]
 * @param ticks values to write on the axis
 * @param label of a value on the axis
 * @param goal where the dashed line is
 */
record IntervalChart(
    String title,
    Function<PolicyResult, Estimate> estimate,
    DoubleFunction<Double> axis,
    List<Double> ticks,
    DoubleFunction<String> label,
    double goal) {

  private static final int WIDTH = 800;
  private static final int LEFT = 190;
  private static final int RIGHT = 770;
  private static final int TOP = 40;
  private static final int ROW = 26;
  private static final int LONGEST_NAME = 24;

  String render(List<PolicyResult> policies) {
    int bottom = TOP + ROW * policies.size();
    Svg svg =
        new Svg(
            WIDTH,
            bottom + 30,
            title,
            "One row for each policy: its estimate and its interval; the dashed line is the goal. "
                + "The table below has the same numbers.");
    for (double tick : ticks) {
      svg.line("axis", x(tick), TOP - 6, x(tick), bottom);
      svg.text("faint", "middle", x(tick), bottom + 18, label.apply(tick));
    }
    svg.line("goal", x(goal), TOP - 12, x(goal), bottom);
    svg.text("", "middle", x(goal), TOP - 18, "goal " + label.apply(goal));
    double y = TOP + ROW / 2.0;
    for (PolicyResult policy : policies) {
      svg.text("", "end", LEFT - 14, y + 4, shorten(policy.name()));
      switch (estimate.apply(policy)) {
        case Estimate.NoData() -> svg.text("faint", "start", LEFT + 4, y + 4, Wording.NO_DATA);
        case Estimate.Known(double value, double lower, double upper) -> {
          svg.line("span", x(lower), y, x(upper), y);
          svg.mark(policy, x(value), y);
        }
      }
      y += ROW;
    }
    return svg.render();
  }

  private double x(double value) {
    return LEFT + (RIGHT - LEFT) * axis.apply(value);
  }

  private static String shorten(String name) {
    return name.length() <= LONGEST_NAME ? name : name.substring(0, LONGEST_NAME - 1) + "…";
  }
}
