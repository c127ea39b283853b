package dev.headroom.cli;

import dev.headroom.engine.search.WalkPlan;
import dev.headroom.model.Recording;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backtest walk}: walk-forward, as if one had chosen again and again. */
@Command(
    name = "walk",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Walks forward through the recording: chooses the cheapest variant by the past, judges it on what followed,"
          + " and goes on.",
      "Without --test the recording is cut into fifths, and each but the first is tested once."
    },
    footer = {
      "",
      "Examples:",
      "  backtest walk --library --from 30d",
      "  backtest walk --formula neon --grid 11 --train 14d --test 3d --purge 10m --embargo 10m",
      "",
      "Exit codes: 0 done; with --fail-on, by all tests together: 1 fail, 3 inconclusive, 4 no data."
    })
final class WalkCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();
  @Mixin private final JudgeOption judge = new JudgeOption();

  @Option(
      names = "--grid",
      paramLabel = "POINTS",
      description = "Evenly spaced values of each param. Default: ${DEFAULT-VALUE}.",
      defaultValue = "5")
  private int grid;

  @Option(
      names = "--train",
      paramLabel = "DURATION",
      description = "How much time before a test is chosen by. Default: all of it.")
  private @Nullable String train;

  @Option(
      names = "--test",
      paramLabel = "DURATION",
      description = "How long each test is. Default: a fifth of the recording.")
  private @Nullable String test;

  @Option(
      names = "--step",
      paramLabel = "DURATION",
      description = "From one test's start to the next's. Default: the length of a test.")
  private @Nullable String step;

  @Option(
      names = "--purge",
      paramLabel = "DURATION",
      description =
          "Left out before each test, so that no statement is on both sides. Default: 1%% of a test.")
  private @Nullable String purge;

  @Option(
      names = "--embargo",
      paramLabel = "DURATION",
      description =
          "Left out besides, so that what is alike because it is near is not on both sides. Default: 0s.")
  private @Nullable String embargo;

  @Mixin private final OutcomeOption outcome = new OutcomeOption();

  WalkCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    return new SearchSession(terminal, recording, new ReportOption(), outcome)
        .run(
            formulas.candidates(), judge.config(), range -> new SearchSpec.Walk(grid, plan(range)));
  }

  private WalkPlan plan(Recording range) {
    Duration length = test == null ? WalkPlan.fifth(range) : TimeSpan.parse("--test", test);
    Duration left = Objects.requireNonNullElse(given("--embargo", embargo), Duration.ZERO);
    return new WalkPlan(
        given("--train", train),
        length,
        Objects.requireNonNullElse(given("--step", step), length),
        Objects.requireNonNullElse(given("--purge", purge), WalkPlan.defaultPurge(length)),
        left);
  }

  private static @Nullable Duration given(String option, @Nullable String text) {
    return TimeSpan.parseIfGiven(option, text);
  }
}
