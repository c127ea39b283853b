package dev.headroom.launcher;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.LibraryCandidates;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.RecordingOption;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.StoredRuns;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.VerdictText;
import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.EmbeddedDatabaseException;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.report.KillExplanation;
import dev.headroom.lab.LabException;
import dev.headroom.lab.MemoryController;
import dev.headroom.lab.Scenario;
import dev.headroom.lab.Scenarios;
import dev.headroom.model.Recording;
import dev.headroom.model.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code headroom demo}: from nothing to a verdict on kills of this very run. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts a database and a Postgres, drives it into real OOM kills, and backtests every formula of the library"
          + " against them. Then the guard enforces the best one, the same workload runs again, and one table shows both"
          + " outcomes.",
      "Without root, or without a memory controller to write to, it backtests a recording that comes with Headroom."
    },
    footer = {
      "",
      "Exit code 1: a kill is missing in the database, or the guard did not hold: somebody was killed under it, or a",
      "session was lost or harmed."
    })
final class DemoCommand implements Callable<Integer> {

  /** The recording that comes with Headroom. */
  private static final String CORPUS = "lab-corpus";

  /** Enough kinds of kills and of bait for formulas to differ on, in a minute or so. */
  private static final List<String> SCENARIOS =
      List.of(
          "huge-sort",
          "many-connections",
          "aggregate",
          "parallel-hash-shm",
          "maintenance",
          "idle-holders",
          "catalog-bloat",
          "neighbour",
          "near-miss",
          "churn");

  /** What the others are compared with: the formula that all this began with. */
  private static final String REFERENCE = "talk";

  /** Instances whose scenarios run at a time. */
  private static final int PARALLELISM = 2;

  private final Terminal terminal;
  @Mixin private final DatabaseOption database = new DatabaseOption();

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    Instant began = Instant.now();
    int exitCode;
    try {
      exitCode = killAndJudge();
    } catch (LabException | EmbeddedDatabaseException e) {
      terminal.say("no kills can be made here: " + e.getMessage());
      terminal.say("going on with " + CORPUS + ", a recording that a lab made elsewhere");
      judge(
          new RecordingSource.Folder(
              RecordingOption.openFolder(RecordingOption.corpusFolder(CORPUS))));
      exitCode = ExitCode.OK;
    }
    terminal.say("the demo took " + Duration.between(began, Instant.now()).toSeconds() + " s");
    return exitCode;
  }

  private int killAndJudge() {
    MemoryController.find().requireCreatable();
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    HeadroomDatabase located = database.locate();
    boolean ranBefore = located.findUrl().isPresent();
    terminal.say("1. a TimescaleDB to keep everything in");
    try (OpenDatabase open = OpenDatabase.start(located, terminal)) {
      terminal.say("2. a Postgres in a memory cgroup, driven into real OOM kills");
      LabSession.Result made = makeKills(open, home);
      terminal.say("3. every formula of the library, replayed over what was recorded");
      BacktestResult result =
          judge(new RecordingSource.Stored(made.recording(), false, open.recordings()));
      UUID runId = StoredRuns.save(open.backtests(), result, Instant.now());
      boolean held = runGuarded(made, result, open, home);
      sayNext(made.recording().name(), runId);
      return held && made.everyKillIsStored() && !made.storedKills().isEmpty()
          ? ExitCode.OK
          : ExitCode.FAILED;
    } finally {
      // What the demo started it also stops; a database that ran before goes on.
      if (!ranBefore) {
        located.stop();
      }
    }
  }

  private LabSession.Result makeKills(OpenDatabase open, HeadroomHome home) {
    PostgresInstall install = new DebianTimescaleInstaller(home).install(terminal::say);
    LabSession.Result made = run(install, GuardChoice.OFF, open, home);
    terminal.say(
        "   the kernel counted %d OOM kills, %d are stored"
            .formatted(made.report().oomKills(), made.storedKills().size()));
    return made;
  }

  private LabSession.Result run(
      PostgresInstall install, GuardChoice guard, OpenDatabase open, HeadroomHome home) {
    List<Scenario> scenarios = SCENARIOS.stream().map(DemoCommand::scenario).toList();
    return new LabSession(terminal, open, database.arguments(), home)
        .run(install, scenarios, 1, PARALLELISM, guard);
  }

  /**
   * Runs the same workload under the best formula.
   *
   * @return whether the guard held; true too where there is nothing to enforce, or no guard can be
   *     built
   */
  private boolean runGuarded(
      LabSession.Result before, BacktestResult judged, OpenDatabase open, HeadroomHome home) {
    Recording recording = before.recording();
    BestFormula candidates =
        new BestFormula(judged, Duration.between(recording.startsAt(), recording.endsAt()));
    Optional<PolicyResult> best = candidates.find();
    if (best.isEmpty()) {
      terminal.say("5. no formula prevents a kill here, so there is nothing to enforce");
      return true;
    }
    String formula = best.get().name();
    terminal.say("5. the same workload, with the guard enforcing " + formula);
    candidates.reasons(best.get()).forEach(reason -> terminal.say("   " + reason));
    GuardComparison comparison = new GuardComparison();
    try {
      PostgresInstall install = new DebianTimescaleInstaller(home).installForGuard(terminal::say);
      comparison.add(install, before, run(install, GuardChoice.enforcing(formula), open, home));
    } catch (LabException | EmbeddedDatabaseException e) {
      terminal.say("   there is no guard on this machine: " + e.getMessage());
      return true;
    }
    terminal.say("6. without the guard and with it");
    terminal.print(comparison.render(terminal));
    return comparison.guardHeld();
  }

  private static Scenario scenario(String name) {
    return Scenarios.find(name)
        .orElseThrow(() -> new IllegalStateException("the lab has no scenario " + name));
  }

  private BacktestResult judge(RecordingSource source) {
    BacktestResult result =
        new BacktestRunner(terminal)
            .run(source, LibraryCandidates.list(), BacktestConfig.DEFAULT.withAgainst(REFERENCE));
    terminal.print(VerdictText.of(result, terminal));
    mostTelling(result)
        .ifPresent(killId -> {
          terminal.say("4. one of the kills, in words");
          terminal.print(KillExplanation.render(result, killId));
        });
    return result;
  }

  /** The kill on which formulas disagree most: that one shows best what a formula is worth. */
  private static Optional<UUID> mostTelling(BacktestResult result) {
    return result.kills().stream()
        .map(judged -> judged.kill().killId())
        .max(Comparator.comparingInt(killId -> disagreement(result, killId)));
  }

  private static int disagreement(BacktestResult result, UUID killId) {
    List<Verdict> verdicts =
        result.policies().stream()
            .filter(policy -> !policy.kind().isReference())
            .flatMap(policy -> policy.findKillOutcome(killId).stream())
            .map(KillOutcome::verdict)
            .toList();
    return Math.min(
        Collections.frequency(verdicts, Verdict.PREVENTED),
        Collections.frequency(verdicts, Verdict.MISSED));
  }

  private void sayNext(String recording, UUID runId) {
    terminal.say("");
    terminal.say(
        "kept as recording " + recording + " and run " + runId + ". Try your own formula:");
    terminal.say(
        "  bin/backtest run --recording "
            + recording
            + " --formula 'memory_max - (shmem + page_tables + 64MiB)'");
    terminal.say("  bin/backtest explain --recording " + recording);
  }
}
