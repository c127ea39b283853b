package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.PolicyResult;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** The pictures of a result as SVG, for pages that have {@link #style}. */
public final class ReportCharts {

  /** Rates of false blocks are for so many instance-days. */
  static final double RATE_DAYS = 1000;

  private ReportCharts() {}

  /** The share of preventable kills that each policy prevents, with its interval and the goal. */
  public static String prevention(List<PolicyResult> policies, BacktestConfig config) {
    return new IntervalChart(
            "Share of preventable kills that are prevented",
            PolicyResult::prevention,
            share -> share,
            List.of(0.0, 0.25, 0.5, 0.75, 1.0),
            Wording::percent,
            config.preventedGoal())
        .render(policies);
  }

  /** False blocks of each policy in 1,000 instance-days, on a logarithmic axis. */
  public static String falseBlocks(List<PolicyResult> policies, BacktestConfig config) {
    return RateAxis.chart(policies, RATE_DAYS, config.falseBlocksPer1000InstanceDaysGoal())
        .render(policies);
  }

  /** Kills not prevented against false blocks; marks have the policies' numbers, from 1. */
  public static String tradeOff(List<PolicyResult> policies) {
    return TradeOffChart.render(policies);
  }

  /** In words, what the marks of all of them mean. */
  public static String legend() {
    return Svg.legend();
  }

  /**
   * The style sheet they need. It draws with the colours {@code --paper}, {@code --ink}, {@code
   * --faint}, {@code --line}, {@code --good}, {@code --bad} and {@code --open} of its page.
   */
  public static String style() {
    return resource("chart.css");
  }

  /** A style sheet beside this class. */
  static String resource(String name) {
    try (InputStream file = ReportCharts.class.getResourceAsStream(name)) {
      if (file == null) {
        throw new IllegalStateException(name + " is missing from the program");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
