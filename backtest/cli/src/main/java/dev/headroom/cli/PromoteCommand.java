package dev.headroom.cli;

import dev.headroom.model.BacktestRun;
import dev.headroom.promotion.GateSettings;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.Promotion.By;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code backtest promote}: takes a policy from a stored run to live guards. */
@Command(
    name = "promote",
    mixinStandardHelpOptions = true,
    description =
        "Takes a policy of a stored run towards live guards: shadow, canary, enforce, step by step.",
    footer = {
      "",
      "A step is made when its gates are open, or when somebody answers for it (--approver, --reason).",
      "Examples:",
      "  backtest promote 3f2a77c1 --policy talk --to shadow",
      "  backtest promote 3f2a77c1 --to shadow --automatic --labels tier=test",
      "  backtest promote 3f2a77c1 --to canary:25 --approver ann --reason 'few kills so far'"
    })
final class PromoteCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(
      paramLabel = "RUN",
      description = "The run that is the evidence: its id, or enough of its first digits.")
  private String runPrefix = "";

  @Option(
      names = "--policy",
      paramLabel = "NAME",
      description = "Which of the run's policies. Default: the only one.")
  private @Nullable String policy;

  @Option(
      names = "--name",
      paramLabel = "NAME",
      description = "What the rollout is called. Default: as the policy.")
  private @Nullable String name;

  @Option(
      names = "--to",
      required = true,
      paramLabel = "STAGE",
      description = "shadow, canary (the first), canary:PERCENT or enforce.")
  private String to = "";

  @Option(
      names = "--labels",
      split = ",",
      paramLabel = "KEY=VALUE",
      description = "Only instances with all of these labels. Default: all instances.")
  private @Nullable Map<String, String> labels;

  @Option(
      names = "--gates",
      paramLabel = "JSON|@FILE",
      description = "What its steps ask for, where it is not the default (docs/promotion.md).")
  private @Nullable String gates;

  @Option(
      names = "--automatic",
      description = "`headroom rollout watch` takes it upwards when its gates are open.")
  private boolean automatic;

  @Option(
      names = "--approver",
      paramLabel = "NAME",
      description = "Who answers for it, where gates hold. Needs --reason.")
  private @Nullable String approver;

  @Option(names = "--reason", paramLabel = "TEXT", description = "Why, for the audit.")
  private @Nullable String reason;

  @Option(names = "--json", description = "Print the rollout and what its gates said as JSON.")
  private boolean json;

  @Mixin private final ActorOption actor = new ActorOption();
  @Mixin private final DatabaseOption database = new DatabaseOption();

  PromoteCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (approver != null && reason == null) {
      throw CommandFailure.usage(
          "--approver needs --reason: the audit keeps why gates were left out");
    }
    if (!StoredRuns.isIdPrefix(runPrefix)) {
      throw CommandFailure.usage(
          "'" + runPrefix + "' is no run's id; `backtest show` lists the runs with theirs");
    }
    GateSettings settings = settings();
    try (OpenDatabase open = database.startExisting(terminal)) {
      BacktestRun run = StoredRuns.get(open.backtests(), runPrefix);
      By by = actor.by(approver, reason == null ? "promoted by run " + runPrefix : reason);
      Promotion.Done done =
          open.promotion()
              .promote(new Promotion.Request(run, policy, name, labels, settings, to), by);
      terminal.print(
          json ? Json.write(RolloutView.asMap(done)) : RolloutView.sentence(done.rollout()) + "\n");
    }
    return ExitCode.OK;
  }

  private @Nullable GateSettings settings() {
    if (gates == null) {
      return automatic ? GateSettings.DEFAULT.withAutomatic(true) : null;
    }
    try {
      String text = gates.startsWith("@") ? Files.readString(Path.of(gates.substring(1))) : gates;
      GateSettings parsed = GateSettings.parse(text);
      return automatic ? parsed.withAutomatic(true) : parsed;
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.USAGE, "cannot read " + gates.substring(1), e);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, "--gates: " + e.getMessage(), e);
    }
  }
}
