package dev.headroom.cli;

import dev.headroom.model.BacktestRun;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;

/** {@code backtest show}: the stored runs, or one of them. */
@Command(
    name = "show",
    mixinStandardHelpOptions = true,
    description = "Shows a stored run, or lists the latest with their ids.",
    footer = {"", "Examples:", "  backtest show", "  backtest show 3f2a77c1 --json"})
final class ShowCommand implements Callable<Integer> {

  private static final int LISTED = 30;

  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "RUN",
      description = "The run's id, or enough of its first digits.")
  private @Nullable String runPrefix;

  @Option(names = "--json", description = "Print the stored result, byte for byte.")
  private boolean json;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  ShowCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (OpenDatabase open = database.startExisting(terminal)) {
      if (runPrefix == null) {
        list(open.backtests().list(LISTED));
      } else {
        BacktestRun run = StoredRuns.get(open.backtests(), runPrefix);
        terminal.print(json ? run.resultJson() : describe(run));
      }
    }
    return ExitCode.OK;
  }

  private void list(List<BacktestRun> runs) {
    if (json) {
      terminal.print(Json.write(runs.stream().map(ShowCommand::asMap).toList()));
    } else if (runs.isEmpty()) {
      terminal.say("there is no run yet; `backtest run` keeps one");
    } else {
      TextTable table =
          new TextTable("run", "started", "what", "recording", "formulas", "verdicts");
      for (BacktestRun run : runs) {
        RunDocument document = RunDocument.of(run.resultJson());
        table.add(
            run.runId().toString().substring(0, 8),
            run.startedAt(),
            run.kind(),
            run.recordingName() == null ? "-" : run.recordingName(),
            RunDocument.text(document.root(), "formulas_tried"),
            verdicts(document));
      }
      terminal.print(table.render(terminal));
    }
  }

  private static Map<String, Object> asMap(BacktestRun run) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("run_id", run.runId().toString());
    fields.put("kind", run.kind());
    fields.put("started_at", run.startedAt().toString());
    fields.put("recording_name", run.recordingName());
    fields.put("recording_hash", run.recordingHash());
    fields.put("engine_version", run.engineVersion());
    return fields;
  }

  /** How often each outcome, such as {@code 2 fail, 1 inconclusive}. */
  private static String verdicts(RunDocument document) {
    if (document.root().has("folds")) {
      return outcome(document.root());
    }
    Map<String, Long> counts =
        document.findVerdicts().stream()
            .flatMap(verdicts -> verdicts.candidates().stream())
            .collect(
                Collectors.groupingBy(
                    ShowCommand::outcome, LinkedHashMap::new, Collectors.counting()));
    return counts.entrySet().stream()
        .map(count -> count.getValue() + " " + count.getKey())
        .collect(Collectors.joining(", "));
  }

  private static String outcome(JsonNode judged) {
    return RunDocument.text(judged.path("verdict"), "outcome").replace('_', ' ');
  }

  private String describe(BacktestRun run) {
    RunDocument document = RunDocument.of(run.resultJson());
    StringBuilder text = new StringBuilder();
    text.append(
        "%s %s of %s · recording %s · engine %s · %s formulas tried\n\n"
            .formatted(
                run.kind(),
                run.runId(),
                run.startedAt(),
                run.recordingName() == null ? run.recordingHash() : run.recordingName(),
                run.engineVersion(),
                RunDocument.text(document.root(), "formulas_tried")));
    Optional<RunDocument> verdicts = document.findVerdicts();
    if (verdicts.isPresent()) {
      return text.append(policies(verdicts.get()).render(terminal)).toString();
    }
    return text.append(folds(document).render(terminal))
        .append("\nall tests together: ")
        .append(outcome(document.root()).toUpperCase(Locale.ROOT))
        .append(": ")
        .append(reasons(document.root()))
        .append('\n')
        .toString();
  }

  private static TextTable policies(RunDocument document) {
    TextTable table =
        new TextTable("", "prevented", "missed", "false blocks", "verdict", "because");
    for (JsonNode policy : document.policies()) {
      JsonNode kills = policy.path("kills");
      table.add(
          RunDocument.text(policy, "name"),
          RunDocument.text(kills, "prevented") + "/" + RunDocument.text(kills, "preventable"),
          RunDocument.text(kills, "missed"),
          RunDocument.text(policy.path("blocks"), "false"),
          outcome(policy),
          reasons(policy));
    }
    return table;
  }

  private static TextTable folds(RunDocument document) {
    TextTable table = new TextTable("test from", "to", "chosen", "prevented", "missed");
    for (JsonNode fold : document.root().path("folds")) {
      JsonNode kills = fold.path("on_test").path("policies").path(0).path("kills");
      table.add(
          RunDocument.text(fold.path("test"), "starts_at"),
          RunDocument.text(fold.path("test"), "ends_at"),
          RunDocument.text(fold.path("winner"), "name"),
          RunDocument.text(kills, "prevented") + "/" + RunDocument.text(kills, "preventable"),
          RunDocument.text(kills, "missed"));
    }
    return table;
  }

  private static String reasons(JsonNode judged) {
    return RunDocument.list(judged.path("verdict").path("reasons")).stream()
        .map(JsonNode::asString)
        .collect(Collectors.joining(" and "));
  }
}
