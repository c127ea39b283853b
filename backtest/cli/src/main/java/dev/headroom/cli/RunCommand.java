package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.EngineOptions;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.engine.report.MarkdownReport;
import dev.headroom.engine.report.TextReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
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
      "  backtest run --formula talk --formula 'mine: 80% * memory_max' --against talk --from 7d",
      "  backtest run --library --recording lab-corpus --report out/",
      "",
      "Exit codes: 0 done; with --fail-on: 1 a formula fails, 3 inconclusive, 4 no data."
    })
final class RunCommand implements Callable<Integer> {

  /** The worst judgement that still exits with 0. */
  enum FailOn {
    FAIL,
    INCONCLUSIVE
  }

  private final Terminal terminal;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();

  @Option(
      names = "--against",
      paramLabel = "POLICY",
      description = "Compare every other policy with this one, kill by kill.")
  private @Nullable String against;

  @Option(
      names = "--goal-prevented",
      paramLabel = "SHARE",
      description = "The share of preventable kills to prevent. Default: ${DEFAULT-VALUE}.",
      defaultValue = "0.9")
  private double goalPrevented;

  @Option(
      names = "--goal-false-blocks",
      paramLabel = "N",
      description = "False blocks allowed in 1,000 instance-days. Default: ${DEFAULT-VALUE}.",
      defaultValue = "10")
  private double goalFalseBlocks;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of everything drawn by chance. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private long seed;

  @Option(names = "--json", description = "Print the whole result as JSON.")
  private boolean json;

  @Option(
      names = "--report",
      paramLabel = "FOLDER",
      description = "Also write report.json, report.md and report.txt there.")
  private @Nullable Path report;

  @Option(
      names = "--fail-on",
      paramLabel = "FAIL|INCONCLUSIVE",
      description = "Exit with 1, 3 or 4 when a formula fails, is inconclusive or has no data.")
  private @Nullable FailOn failOn;

  @Option(
      names = "--interpret",
      hidden = true,
      description = "Interpret formulas instead of compiling them: slower, with the same result.")
  private boolean interpret;

  @Option(names = "--no-save", description = "Do not keep the run in the database.")
  private boolean noSave;

  RunCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    List<Candidate> candidates = formulas.candidates();
    BacktestConfig config = config();
    Instant startedAt = Instant.now();
    try (RecordingOption.Chosen chosen =
        noSave ? recording.open(terminal) : recording.openToKeep(terminal)) {
      BacktestResult result =
          new BacktestRunner(terminal).run(chosen.source(), candidates, config, options());
      print(result);
      if (report != null) {
        write(result, report);
      }
      if (!noSave) {
        chosen
            .database()
            .ifPresent(database ->
                terminal.say(
                    "kept as run " + BacktestRunner.save(database.backtests(), result, startedAt)));
      }
      return exitCode(result);
    }
  }

  private EngineOptions options() {
    EngineOptions options = EngineOptions.ofThisMachine();
    return interpret ? options.withInterpreter() : options;
  }

  private BacktestConfig config() {
    try {
      return BacktestConfig.DEFAULT
          .withSeed(seed)
          .withGoals(goalPrevented, goalFalseBlocks)
          .withAgainst(against);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  private void print(BacktestResult result) {
    if (json) {
      terminal.print(JsonReport.render(result));
    } else {
      terminal.print(
          terminal.outIsTerminal() ? TextReport.render(result) : MarkdownReport.render(result));
    }
  }

  private void write(BacktestResult result, Path folder) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("report.json"), JsonReport.render(result));
      Files.writeString(folder.resolve("report.md"), MarkdownReport.render(result));
      Files.writeString(folder.resolve("report.txt"), TextReport.render(result));
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.UNAVAILABLE, "cannot write the report to " + folder, e);
    }
    terminal.say("wrote report.json, report.md and report.txt to " + folder);
  }

  private int exitCode(BacktestResult result) {
    if (failOn == null) {
      return ExitCode.OK;
    }
    Set<Judgement.Outcome> outcomes =
        result.policies().stream()
            .map(policy -> policy.judgement())
            .filter(Objects::nonNull)
            .map(judgement -> judgement.outcome())
            .collect(Collectors.toSet());
    if (outcomes.contains(Judgement.Outcome.FAIL)) {
      return ExitCode.FAILED;
    }
    if (outcomes.contains(Judgement.Outcome.NO_DATA)) {
      return ExitCode.NO_DATA;
    }
    return failOn == FailOn.INCONCLUSIVE && outcomes.contains(Judgement.Outcome.INCONCLUSIVE)
        ? ExitCode.INCONCLUSIVE
        : ExitCode.OK;
  }
}
