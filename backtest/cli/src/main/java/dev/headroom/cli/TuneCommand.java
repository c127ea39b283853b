package dev.headroom.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backtest tune}: an optimiser on the params of formulas. */
@Command(
    name = "tune",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Moves the params of formulas to where the cost is least, and judges the result on a hold-out that was not"
            + " used for it.",
    footer = {
      "",
      "Example: backtest tune --formula neon --evaluations 200 --price-kill 300",
      "",
      "Exit codes: 0 done; with --fail-on, by the hold-out: 1 fail, 3 inconclusive, 4 no data."
    })
final class TuneCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();
  @Mixin private final JudgeOption judge = new JudgeOption();

  @Option(
      names = "--evaluations",
      paramLabel = "N",
      description = "Replays of variants of each formula, at most. Default: ${DEFAULT-VALUE}.",
      defaultValue = "100")
  private int evaluations;

  @Mixin private final HoldOutOption holdOut = new HoldOutOption();
  @Mixin private final ReportOption report = new ReportOption();
  @Mixin private final OutcomeOption outcome = new OutcomeOption();

  TuneCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    return new SearchSession(terminal, recording, report, outcome)
        .run(
            new SearchSpec(
                formulas.candidates(),
                new SearchSpec.Tune(evaluations, holdOut.holdOut()),
                judge.config()));
  }
}
