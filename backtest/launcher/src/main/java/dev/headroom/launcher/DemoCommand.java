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
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.report.KillExplanation;
import dev.headroom.lab.GuardLibraries;
import dev.headroom.lab.LabException;
import dev.headroom.lab.MemoryController;
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

/** {@code headroom demo}: from nothing to a guard that prevents the kills of this very run. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts a database and a few Postgres servers, drives them into real OOM kills, and backtests every formula of the"
          + " library against those. Then the best goes up the ladder to the live guards, the same load runs again, and one"
          + " table shows both outcomes. A policy that is bad follows, and the guardrail takes it back.",
      "Without root, or without a memory controller to write to, it backtests a recording that comes with Headroom."
    },
    footer = {
      "",
      "Exit code 1: a kill is missing in the database, or the loop did not hold; the last lines say what did not.",
      "The loop by itself, with more servers or as JSON: headroom lab loop"
    })
final class DemoCommand implements Callable<Integer> {

  /** The recording that comes with Headroom. */
  private static final String CORPUS = "lab-corpus";

  /** One of them is held out. */
  private static final int SERVERS = 6;

  private static final int ROUNDS = 2;

  /** What the others are compared with: the formula that all this began with. */
  private static final String REFERENCE = "talk";

  /** Servers that are loaded at a time. */
  private static final int PARALLELISM = 3;

  private final Terminal terminal;
  @Mixin private final DatabaseOption database = new DatabaseOption();

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    return OrderlyEnd.of(terminal, this::run);
  }

  private int run(OrderlyEnd end) {
    Instant began = Instant.now();
    int exitCode;
    try {
      exitCode = killAndJudge(end);
    } catch (LabException | EmbeddedDatabaseException e) {
      if (end.isAsked()) {
        throw e;
      }
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

  private int killAndJudge(OrderlyEnd end) {
    MemoryController.find().requireCreatable();
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    HeadroomDatabase located = database.locate();
    boolean ranBefore = located.findUrl().isPresent();
    terminal.say("1. a TimescaleDB to keep everything in");
    OpenDatabase open = OpenDatabase.start(located, terminal);
    try (OrderlyEnd.Undo _ = end.atEnd(open::close)) {
      LoopRun.requireOwnDatabase(open);
      Optional<PostgresInstall> guarded = findInstallForGuard(home, end);
      return guarded.isPresent()
          ? closeTheLoop(guarded.get(), open, home, end)
          : killAndJudgeWithoutGuard(open, home);
    } finally {
      // What the demo started it also stops; a database that ran before goes on.
      if (!ranBefore) {
        end.undo(located::stop);
      }
    }
  }

  /** A Postgres that a guard can be built for. */
  private Optional<PostgresInstall> findInstallForGuard(HeadroomHome home, OrderlyEnd end) {
    try {
      PostgresInstall install = new DebianTimescaleInstaller(home).installForGuard(terminal::say);
      GuardLibraries.build(GuardChoice.sources(), install);
      return Optional.of(install);
    } catch (LabException | EmbeddedDatabaseException e) {
      if (end.isAsked()) {
        throw e;
      }
      terminal.say("   there is no guard on this machine: " + e.getMessage());
      return Optional.empty();
    }
  }

  private int closeTheLoop(
      PostgresInstall install, OpenDatabase open, HeadroomHome home, OrderlyEnd end) {
    terminal.say("   starting " + SERVERS + " servers and a collector beside them");
    try (FleetSession session =
        FleetSession.open(
            terminal, open, home, install, LoopRun.scenarios(SERVERS), PARALLELISM, end)) {
      LoopRun loop =
          new LoopRun(
              terminal,
              terminal::print,
              this::tell,
              open,
              session,
              end,
              ROUNDS,
              System.getProperty("user.name"));
      LoopReport report = loop.run(2);
      sayNext(report.recording(), report.backtestRunId());
      report.faults().forEach(fault -> terminal.say("it did not hold: " + fault));
      return report.faults().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
    }
  }

  private int killAndJudgeWithoutGuard(OpenDatabase open, HeadroomHome home) {
    terminal.say("2. a Postgres in a memory cgroup, driven into real OOM kills");
    LabSession.Result made =
        new LabSession(terminal, open, database.arguments(), home)
            .run(
                new DebianTimescaleInstaller(home).install(terminal::say),
                LoopRun.scenarios(SERVERS).stream().distinct().toList(),
                1,
                PARALLELISM,
                GuardChoice.OFF);
    terminal.say(
        "   the kernel counted %d OOM kills, %d are stored"
            .formatted(made.report().oomKills(), made.storedKills().size()));
    terminal.say("3. every formula of the library, replayed over what was recorded");
    BacktestResult result =
        judge(new RecordingSource.Stored(made.recording(), false, open.recordings()));
    UUID runId = StoredRuns.save(open.backtests(), result, Instant.now());
    sayNext(made.recording().name(), runId);
    return made.everyKillIsStored() && !made.storedKills().isEmpty()
        ? ExitCode.OK
        : ExitCode.FAILED;
  }

  private BacktestResult judge(RecordingSource source) {
    BacktestResult result =
        new BacktestRunner(terminal)
            .run(source, LibraryCandidates.list(), BacktestConfig.DEFAULT.withAgainst(REFERENCE));
    tell(result);
    return result;
  }

  /** The verdicts, and one of the kills in words. */
  private void tell(BacktestResult result) {
    terminal.print(VerdictText.of(result, terminal));
    mostTelling(result)
        .ifPresent(killId -> {
          terminal.say("   one of the kills, in words");
          terminal.print(KillExplanation.render(result, killId));
        });
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
