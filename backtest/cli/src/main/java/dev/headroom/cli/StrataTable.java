package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Stratum;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.Estimate;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;

/** What each policy did to instances that have a label in common. */
final class StrataTable {

  private static final String INSTANCE = "instance";
  private static final double RATE_DAYS = 1000;

  private StrataTable() {}

  /**
   * One row for each value and policy.
   *
   * @throws CommandFailure when no instance has the label
   */
  static TextTable of(BacktestResult result, String label) {
    TextTable table =
        new TextTable(label, "instances", "policy", "prevented", "missed", "false blocks");
    for (Stratum stratum : strata(result, label)) {
      for (Stratum.OfPolicy policy : stratum.policies()) {
        if (policy.instanceDays() > 0) {
          table.add(
              stratum.value(),
              stratum.instances(),
              policy.name(),
              prevented(policy),
              policy.kills().missed(),
              falseBlocks(policy));
        }
      }
    }
    return table;
  }

  private static List<Stratum> strata(BacktestResult result, String label) {
    if (label.equals(INSTANCE)) {
      return Stratum.byInstance(result);
    }
    TreeSet<String> labels = new TreeSet<>();
    result.replayed().forEach(each -> labels.addAll(each.instance().labels().keySet()));
    if (!labels.contains(label)) {
      throw CommandFailure.usage(
          "no instance has a label '%s'; there are %s, and `--by instance`"
              .formatted(label, labels.isEmpty() ? "none" : String.join(", ", labels)));
    }
    return Stratum.byLabel(result, label);
  }

  private static String prevented(Stratum.OfPolicy policy) {
    return switch (policy.prevention()) {
      case Estimate.NoData() -> "no data";
      case Estimate.Known(double share, double lower, double upper) ->
          String.format(
              Locale.ROOT,
              "%d/%d  %.0f%% [%.0f,%.0f]",
              policy.kills().prevented(),
              policy.kills().preventable(),
              100 * share,
              100 * lower,
              100 * upper);
    };
  }

  private static String falseBlocks(Stratum.OfPolicy policy) {
    return switch (policy.falseBlocksPerInstanceDay()) {
      case Estimate.NoData() -> "no data";
      case Estimate.Known(double rate, _, double upper) ->
          policy.blocks().falseBlocks() == 0
              ? "0  (under %s/1k i-d)".formatted(CompactNumber.of(RATE_DAYS * upper))
              : "%d  (%s/1k i-d)"
                  .formatted(policy.blocks().falseBlocks(), CompactNumber.of(RATE_DAYS * rate));
    };
  }
}
