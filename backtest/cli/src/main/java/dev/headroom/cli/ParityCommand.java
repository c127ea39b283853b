package dev.headroom.cli;

import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.proof.ParityCheck;
import dev.headroom.engine.statistics.Estimate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backtest parity}: what the replay predicts against what the guard logged. */
@Command(
    name = "parity",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Replays the limits that live guards really had, in force or in shadow, and compares the statements it refuses"
          + " with the blocks and would-blocks that they logged.",
      "`backtest run` does the same and marks its verdicts as untrusted below the threshold."
    },
    footer = {
      "",
      "Exit codes: 0 at or above the threshold, 1 below it, 4 no guard logged anything to compare."
    })
final class ParityCommand implements Callable<Integer> {

  private static final int MOST_ROWS = 20;

  private final Terminal terminal;

  @Mixin private final RecordingOption recording = new RecordingOption();

  @Option(
      names = "--threshold",
      paramLabel = "SHARE",
      description = "The precision and the recall to reach. Default: ${DEFAULT-VALUE}.",
      defaultValue = "0.8")
  private double threshold;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  ParityCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (!(threshold > 0 && threshold <= 1)) {
      throw CommandFailure.usage("--threshold is above 0 and at most 1, not " + threshold);
    }
    try (RecordingOption.Chosen chosen = recording.open(terminal)) {
      List<ParityCheck.Finding> findings = check(chosen.source());
      Parity total =
          findings.stream().map(ParityCheck.Finding::parity).reduce(Parity::plus).orElse(null);
      if (total == null || Math.max(total.predicted(), total.logged()) == 0) {
        throw CommandFailure.noData(
            "no guard logged a block or a would-block here, and none is predicted: there is nothing to compare");
      }
      terminal.print(json ? Json.write(asMap(findings, total)) : describe(findings, total));
      return total.isBelowThreshold() ? ExitCode.FAILED : ExitCode.OK;
    }
  }

  private List<ParityCheck.Finding> check(RecordingSource source) {
    return terminal.withProgress(
        "replaying",
        "instances",
        source.recording().instances().size(),
        step -> {
          List<ParityCheck.Finding> findings = new ArrayList<>();
          try (RecordingSource.InstanceStream stream = source.open()) {
            while (stream.hasNext()) {
              findings.addAll(ParityCheck.check(stream.next(), threshold));
              step.run();
            }
          }
          return findings;
        });
  }

  private String describe(List<ParityCheck.Finding> findings, Parity total) {
    Map<String, Parity> byPolicy = new LinkedHashMap<>();
    findings.forEach(
        finding -> byPolicy.merge(nameOf(finding.policyId()), finding.parity(), Parity::plus));
    TextTable table = new TextTable("policy", "predicted", "logged", "both", "precision", "recall");
    byPolicy.forEach((policy, parity) -> addRow(table, policy, parity));
    addRow(table, "all", total);
    StringBuilder text = new StringBuilder(table.render(terminal));
    List<ParityCheck.Difference> differences =
        findings.stream().flatMap(finding -> finding.differences().stream()).toList();
    if (!differences.isEmpty()) {
      TextTable only = new TextTable("only", "policy", "instance", "at", "pid", "statement");
      differences.stream()
          .limit(MOST_ROWS)
          .forEach(difference ->
              only.add(
                  difference.isLogged() ? "logged" : "predicted",
                  nameOf(difference.policyId()),
                  difference.instanceId(),
                  difference.at(),
                  difference.pid(),
                  difference.statementNumber() == null ? "-" : difference.statementNumber()));
      text.append('\n').append(only.render(terminal));
    }
    return text.append(
            "\n%s: %s\n"
                .formatted(
                    total.isBelowThreshold()
                        ? "the replay is not to be trusted here"
                        : "the replay is to be trusted here",
                    total.describe()))
        .toString();
  }

  private static void addRow(TextTable table, String policy, Parity parity) {
    table.add(
        policy,
        parity.predicted(),
        parity.logged(),
        parity.agreed(),
        share(parity.precision()),
        share(parity.recall()));
  }

  private static String share(Estimate estimate) {
    return switch (estimate) {
      case Estimate.NoData() -> "no data";
      case Estimate.Known(double value, double lower, double upper) ->
          String.format(Locale.ROOT, "%.0f%% [%.0f,%.0f]", 100 * value, 100 * lower, 100 * upper);
    };
  }

  private static String nameOf(@Nullable String policyId) {
    return policyId == null ? "(in force)" : policyId;
  }

  private static Map<String, Object> asMap(List<ParityCheck.Finding> findings, Parity total) {
    Map<String, Object> root = counts(total);
    root.put("threshold", total.threshold());
    root.put("is_below_threshold", total.isBelowThreshold());
    root.put(
        "instances",
        findings.stream()
            .map(finding -> {
              Map<String, Object> fields = new LinkedHashMap<>();
              fields.put("instance_id", finding.instanceId().toString());
              fields.put("policy_id", finding.policyId());
              fields.putAll(counts(finding.parity()));
              fields.put(
                  "differences", finding.differences().stream().map(ParityCommand::asMap).toList());
              return fields;
            })
            .toList());
    return root;
  }

  private static Map<String, Object> counts(Parity parity) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("predicted", parity.predicted());
    fields.put("logged", parity.logged());
    fields.put("agreed", parity.agreed());
    return fields;
  }

  private static Map<String, Object> asMap(ParityCheck.Difference difference) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("only", difference.isLogged() ? "logged" : "predicted");
    fields.put("at", difference.at().toString());
    fields.put("pid", difference.pid());
    fields.put("statement_number", difference.statementNumber());
    return fields;
  }
}
