package dev.headroom.cli;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.proof.LeakCheck;
import dev.headroom.engine.proof.LeakCheck.Finding;
import dev.headroom.engine.proof.LeakCheck.Leak;
import dev.headroom.engine.proof.LeakCheck.LimitEngine;
import dev.headroom.model.InstanceRecording;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code backtest leakcheck}: limits must not know the future. */
@Command(
    name = "leakcheck",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Cuts the recording off at random decisions and replays what is left: every limit must be the same, bit by"
            + " bit.",
    footer = {
      "",
      "Without a formula the library's are checked.",
      "Exit codes: 0 no limit looks ahead, 1 one does, 4 there was nothing to check."
    })
final class LeakCheckCommand implements Callable<Integer> {

  private static final int MOST_ROWS = 20;

  private final Terminal terminal;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();

  @Option(
      names = "--cuts",
      paramLabel = "N",
      description = "How often each instance is cut off. Default: ${DEFAULT-VALUE}.",
      defaultValue = "20")
  private int cuts;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Which decisions. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private long seed;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  LeakCheckCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (cuts < 1) {
      throw CommandFailure.usage("--cuts takes 1 or more, not " + cuts);
    }
    List<Candidate> candidates = formulas.candidatesOrLibrary();
    try (RecordingOption.Chosen chosen = recording.open(terminal)) {
      Map<String, Finding> findings = check(chosen.source(), candidates);
      Finding all = findings.values().stream().reduce(Finding.NOTHING, Finding::plus);
      if (all.decisions() == 0) {
        throw CommandFailure.noData("there is no sample in this recording, so no limit to check");
      }
      terminal.print(json ? Json.write(asMap(findings)) : describe(findings, all));
      return all.leaks().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private Map<String, Finding> check(RecordingSource source, List<Candidate> candidates) {
    Map<String, LimitEngine> engines = new LinkedHashMap<>();
    candidates.forEach(each -> engines.put(each.policy().name(), LimitEngine.of(each)));
    Map<String, Finding> findings = new LinkedHashMap<>();
    return terminal.withProgress(
        "cutting",
        "instances",
        source.recording().instances().size(),
        step -> {
          try (RecordingSource.InstanceStream stream = source.open()) {
            while (stream.hasNext()) {
              InstanceRecording instance = stream.next();
              long ofInstance = seed ^ instance.instance().id().value().getMostSignificantBits();
              engines.forEach((name, engine) ->
                  findings.merge(
                      name, LeakCheck.check(instance, engine, cuts, ofInstance), Finding::plus));
              step.run();
            }
          }
          return findings;
        });
  }

  private String describe(Map<String, Finding> findings, Finding all) {
    TextTable table = new TextTable("", "cuts", "limits compared", "that look ahead");
    findings.forEach((name, finding) ->
        table.add(name, finding.cuts(), finding.decisions(), finding.leaks().size()));
    if (all.leaks().isEmpty()) {
      return table.render(terminal);
    }
    TextTable leaks =
        new TextTable("", "instance", "decided at", "cut at", "with the future", "without it");
    findings.forEach((name, finding) ->
        finding.leaks().stream()
            .limit(MOST_ROWS)
            .forEach(leak ->
                leaks.add(
                    name,
                    leak.instanceId(),
                    leak.decidedAt(),
                    leak.cutAt(),
                    bytes(leak.knowing()),
                    bytes(leak.notKnowing()))));
    return table.render(terminal) + "\n" + leaks.render(terminal);
  }

  private static String bytes(OptionalLong limit) {
    return limit.isPresent()
        ? String.format(Locale.ROOT, "%,d bytes", limit.getAsLong())
        : "no decision";
  }

  private static Map<String, Object> asMap(Map<String, Finding> findings) {
    Map<String, Object> root = new LinkedHashMap<>();
    findings.forEach((name, finding) -> {
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("cuts", finding.cuts());
      fields.put("decisions", finding.decisions());
      List<Map<String, Object>> leaks = new ArrayList<>();
      for (Leak leak : finding.leaks()) {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("instance_id", leak.instanceId().toString());
        row.put("decided_at", leak.decidedAt().toString());
        row.put("cut_at", leak.cutAt().toString());
        row.put("knowing_bytes", boxed(leak.knowing()));
        row.put("not_knowing_bytes", boxed(leak.notKnowing()));
        leaks.add(row);
      }
      fields.put("leaks", leaks);
      root.put(name, fields);
    });
    return root;
  }

  private static @Nullable Long boxed(OptionalLong limit) {
    return limit.isPresent() ? (Long) limit.getAsLong() : null;
  }
}
