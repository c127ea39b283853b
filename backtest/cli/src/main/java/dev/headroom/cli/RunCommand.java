package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.report.JsonReport;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backtest run}: replays formulas and prints the verdicts. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Replays formulas over recorded kills and says which would have prevented them, at what cost.",
    footer = {
      "",
      "Examples:",
      "  backtest run --formula 'memory_max - (shmem + page_tables + 100MiB)'",
      "  backtest run --formula talk --formula 'mine: 80%% * memory_max' --against talk --from 7d",
      "  backtest run --library --recording lab-corpus --report out/ --by scenario",
      "  backtest run --library --holdout 30%% --fail-on inconclusive",
      "",
      "Exit codes: 0 done; with --fail-on: 1 a formula fails, 3 inconclusive, 4 no data."
    })
final class RunCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();
  @Mixin private final JudgeOption judge = new JudgeOption();

  @Option(
      names = "--against",
      paramLabel = "POLICY",
      description = "Compare every other policy with this one, kill by kill.")
  private @Nullable String against;

  @Option(
      names = "--by",
      paramLabel = "LABEL",
      description =
          "Also say what each policy did to the instances of each value of this label; `instance` says it of each"
              + " instance.")
  private @Nullable String by;

  @Option(
      names = "--holdout",
      paramLabel = HoldOutOption.LABEL,
      description =
          "Choose the cheapest formula on the rest and judge only that one on the hold-out: a share of the"
              + " instances such as 30%%, or the last of the time such as 2d.")
  private @Nullable String holdOut;

  @Mixin private final ReportOption report = new ReportOption();
  @Mixin private final OutcomeOption outcome = new OutcomeOption();

  @Option(
      names = "--interpret",
      hidden = true,
      description = "Interpret formulas instead of compiling them: slower, with the same result.")
  private boolean interpret;

  RunCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<Candidate> candidates = formulas.candidates();
    BacktestConfig config = judge.config().withAgainst(against);
    if (holdOut != null) {
      return new SearchSession(terminal, recording, report, outcome)
          .run(
              new SearchSpec(
                  candidates, new SearchSpec.Given(HoldOutOption.parse(holdOut)), config));
    }
    report.check();
    Instant startedAt = Instant.now();
    try (RecordingOption.Chosen chosen = recording.open(terminal, outcome.isKept())) {
      BacktestResult result =
          new BacktestRunner(terminal).run(chosen.source(), candidates, config, options());
      print(result);
      report.write(result, terminal);
      if (outcome.isKept()) {
        chosen
            .database()
            .ifPresent(database ->
                terminal.say(
                    "kept as run " + StoredRuns.save(database.backtests(), result, startedAt)));
      }
      return outcome.exitCode(
          result.policies().stream()
              .map(PolicyResult::judgement)
              .filter(Objects::nonNull)
              .toList());
    }
  }

  private EngineOptions options() {
    EngineOptions options = EngineOptions.ofThisMachine();
    return interpret ? options.withInterpreter() : options;
  }

  private void print(BacktestResult result) {
    if (outcome.isJson()) {
      terminal.print(JsonReport.render(result));
      return;
    }
    String strata = by == null ? "" : "\n" + StrataTable.of(result, by).render(terminal);
    terminal.print(VerdictText.of(result, terminal) + strata);
  }
}
