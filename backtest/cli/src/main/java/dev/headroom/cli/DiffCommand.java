package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.report.JsonReport;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code backtest diff}: only what two policies, or two runs, do differently. */
@Command(
    name = "diff",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Says what two policies do differently: kills with another verdict, and statements that only one of them"
          + " refuses, by instance.",
      "Either side is a formula, or a policy of a stored run as RUN or RUN:POLICY."
    },
    footer = {
      "",
      "Examples:",
      "  backtest diff talk 'mine: memory_max - (shmem + page_tables + 64MiB)' --from 7d",
      "  backtest diff 3f2a77c1:talk 3f2a77c1:neon",
      "  backtest diff 3f2a77c1:talk 9b01d2e4:talk    (the same formula before and after)"
    })
final class DiffCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(index = "0", paramLabel = "A", description = "A formula, or RUN[:POLICY].")
  private String first = "";

  @Parameters(index = "1", paramLabel = "B", description = "The same.")
  private String second = "";

  @Mixin private final RecordingOption recording = new RecordingOption();

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  DiffCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    boolean firstIsRun = isRun(first);
    if (firstIsRun != isRun(second)) {
      throw CommandFailure.usage(
          "a formula and a run cannot be compared, for they may be of different recordings: give two of"
              + " a kind");
    }
    PolicyDiff diff = firstIsRun ? ofRuns() : ofFormulas();
    terminal.print(json ? Json.write(diff.asMap()) : diff.render(terminal));
    return ExitCode.OK;
  }

  private static boolean isRun(String side) {
    int colon = side.indexOf(':');
    return StoredRuns.isIdPrefix(colon < 0 ? side : side.substring(0, colon));
  }

  private PolicyDiff ofFormulas() {
    List<Candidate> candidates =
        List.of(FormulaOption.candidate(first, 1), FormulaOption.candidate(second, 2));
    try (RecordingOption.Chosen chosen = recording.open(terminal)) {
      BacktestResult result =
          new BacktestRunner(terminal)
              .run(chosen.source(), candidates, BacktestConfig.DEFAULT.withResamples(0));
      RunDocument document = RunDocument.of(JsonReport.render(result));
      return PolicyDiff.of(
          document, document.policies().getFirst(), document, document.policies().get(1));
    }
  }

  private PolicyDiff ofRuns() {
    try (OpenDatabase open = recording.database().startExisting(terminal)) {
      Side one = side(first, open);
      Side other = side(second, open);
      return PolicyDiff.of(one.document, one.policy, other.document, other.policy);
    }
  }

  private record Side(RunDocument document, JsonNode policy) {}

  private static Side side(String text, OpenDatabase open) {
    int colon = text.indexOf(':');
    String run = colon < 0 ? text : text.substring(0, colon);
    RunDocument document =
        RunDocument.of(StoredRuns.get(open.backtests(), run).resultJson())
            .findVerdicts()
            .orElseThrow(() ->
                CommandFailure.usage(
                    "run "
                        + run
                        + " is a walk, whose verdicts are in its folds: compare other runs"));
    if (colon >= 0) {
      String name = text.substring(colon + 1);
      return new Side(
          document,
          document
              .findPolicy(name)
              .orElseThrow(() ->
                  CommandFailure.usage(
                      "run %s has no policy '%s'; it has %s"
                          .formatted(run, name, names(document.policies())))));
    }
    List<JsonNode> candidates = document.candidates();
    if (candidates.size() != 1) {
      throw CommandFailure.usage(
          "run %s has several formulas: write %s:NAME with one of %s"
              .formatted(run, run, names(candidates)));
    }
    return new Side(document, Objects.requireNonNull(candidates.getFirst()));
  }

  private static String names(List<JsonNode> policies) {
    return String.join(
        ", ", policies.stream().map(policy -> RunDocument.text(policy, "name")).toList());
  }
}
