package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.LimitArgument;
import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Policy;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what a collector tells the guards. */
final class GuardPlanOption {

  @Option(
      names = "--guard",
      paramLabel = "MODE",
      description =
          "Lead the guards of this node: off (they account, and judge nothing), shadow (they judge) or enforce (they"
              + " refuse). Default: leave them as they are.")
  private @Nullable GuardMode mode;

  @Option(
      names = "--limit",
      paramLabel = "TEXT|@FILE|NAME",
      description =
          "With --guard: the formula of the limit, as for `backtest run --formula`. Needed to enforce.")
  private @Nullable String limit;

  @Option(
      names = "--shadow-limit",
      paramLabel = "TEXT|@FILE|NAME",
      description =
          "With --guard: a formula whose limit is judged beside it and never refuses. Up to eight times.")
  private List<String> shadowLimits = List.of();

  /**
   * The plan, or none when the guards are to be left alone.
   *
   * @throws CommandFailure when the options do not go together or a formula is wrong
   */
  @Nullable GuardPlan plan() {
    if (mode == null) {
      if (limit != null || !shadowLimits.isEmpty()) {
        throw new CommandFailure(
            ExitCode.USAGE,
            "--limit and --shadow-limit need --guard shadow or --guard enforce beside them");
      }
      return null;
    }
    List<Policy> shadows = new ArrayList<>();
    for (String shadow : shadowLimits) {
      shadows.add(LimitArgument.policy(shadow, shadows.size() + 2));
    }
    try {
      return GuardPlan.of(mode, limit == null ? null : LimitArgument.policy(limit, 1), shadows);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }
}
