package dev.headroom.cli;

import dev.headroom.engine.search.HoldOut;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backtest sweep}: many variants of formulas, the cheapest judged where nobody looked. */
@Command(
    name = "sweep",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Tries formulas with many values of their params, prints those that no other beats in everything, and judges"
          + " the cheapest on a hold-out that was not used to choose it."
    },
    footer = {
      "",
      "Examples:",
      "  backtest sweep --formula 'param k = 0.9 in [0.5, 1]; k * memory_max' --grid 20",
      "  backtest sweep --formula neon --formula floor --random 500 --seed 7",
      "  backtest sweep --library --holdout 7d --json",
      "",
      "Exit codes: 0 done; with --fail-on, by the hold-out: 1 fail, 3 inconclusive, 4 no data."
    })
final class SweepCommand implements Callable<Integer> {

  private static final int DEFAULT_POINTS = 5;

  private final Terminal terminal;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();
  @Mixin private final JudgeOption judge = new JudgeOption();

  @Option(
      names = "--grid",
      paramLabel = "POINTS",
      description =
          "Evenly spaced values of each param, both ends of its range included. Default: 5, unless --random.")
  private @Nullable Integer grid;

  @Option(
      names = "--random",
      paramLabel = "COUNT",
      description = "Draw this many variants of each formula instead.")
  private @Nullable Integer random;

  @Mixin private final HoldOutOption holdOut = new HoldOutOption();
  @Mixin private final ReportOption report = new ReportOption();
  @Mixin private final OutcomeOption outcome = new OutcomeOption();

  SweepCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (grid != null && random != null) {
      throw CommandFailure.usage("--grid and --random are two ways to sweep: give one of them");
    }
    HoldOut kept = holdOut.holdOut();
    SearchSpec.Method method =
        random != null
            ? new SearchSpec.Random(random, kept)
            : new SearchSpec.Grid(grid == null ? DEFAULT_POINTS : grid, kept);
    return new SearchSession(terminal, recording, report, outcome)
        .run(new SearchSpec(formulas.candidates(), method, judge.config()));
  }
}
