package dev.headroom.launcher;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.LibraryCandidates;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.RecordingOption;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.StoredRuns;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TimeSpan;
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
import dev.headroom.lab.FleetServer;
import dev.headroom.lab.GuardLibraries;
import dev.headroom.lab.LabException;
import dev.headroom.lab.MemoryController;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headroom demo}: from nothing to a guard that prevents the kills of this very run. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Starts a database and a few Postgres servers, drives them into real OOM kills, and backtests every formula of the"
          + " library against those. Then the best goes up the ladder to the live guards, the same load runs again, and one"
          + " table shows both outcomes. A policy that is bad follows, and the guardrail takes it back.",
      "In the end the dashboard goes on with the kills of this run, for an hour, and takes the database with it that the"
          + " demo started. One that an earlier demo left is stopped first.",
      "Without root, or without a memory controller to write to, it backtests a recording that comes with Headroom."
    },
    footer = {
      "",
      "Exit code 1: a kill is missing in the database, or the loop did not hold; the last lines say what did not.",
      "Nothing goes on then, nor after Ctrl-C.",
      "The loop by itself, with more servers: headroom lab loop"
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

  private static final Duration DASHBOARD_FOR = Duration.ofHours(1);

  private final Terminal terminal;

  @ArgGroup(exclusive = true)
  private final DashboardChoice dashboard = new DashboardChoice();

  @Option(names = "--json", description = "Print JSON instead of tables.")
  private boolean json;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  /** What becomes of the dashboard; one of these. */
  private static final class DashboardChoice {
    @Option(
        names = "--dashboard",
        paramLabel = "DURATION",
        description = "The dashboard goes on for so long after the demo. Default: 1h.")
    private @Nullable String length;

    @Option(names = "--no-dashboard", description = "No dashboard goes on after the demo.")
    private boolean none;

    @Option(
        names = "--stop",
        description = "Only stop the dashboard that an earlier demo left, and its database.")
    private boolean stop;
  }

  /**
   * What a run came to.
   *
   * @param fields for {@code --json}
   * @param from its beginning
   * @param to its end
   * @param instances whose kills are worth a look in the dashboard
   */
  private record Outcome(
      int exitCode,
      Map<String, @Nullable Object> fields,
      Instant from,
      Instant to,
      List<InstanceId> instances) {}

  DemoCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (dashboard.stop) {
      return stopDashboard();
    }
    Duration lifetime = dashboardLifetime();
    return OrderlyEnd.of(terminal, end -> run(end, lifetime));
  }

  private int stopDashboard() {
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    boolean ran = new DemoDashboard(home, database.locate()).stop();
    terminal.say(ran ? "the dashboard is stopped" : "no dashboard of a demo is running");
    return ExitCode.OK;
  }

  /** Zero for none. */
  private Duration dashboardLifetime() {
    if (dashboard.none) {
      return Duration.ZERO;
    }
    if (dashboard.length == null) {
      return DASHBOARD_FOR;
    }
    Duration lifetime = TimeSpan.parse("--dashboard", dashboard.length);
    if (lifetime.toSeconds() == 0) {
      throw CommandFailure.usage("--dashboard takes a second or more; --no-dashboard leaves none");
    }
    return lifetime;
  }

  private int run(OrderlyEnd end, Duration lifetime) {
    Instant began = Instant.now();
    int exitCode;
    try {
      exitCode = killAndJudge(end, lifetime);
    } catch (LabException | EmbeddedDatabaseException e) {
      if (end.isAsked()) {
        throw e;
      }
      terminal.say("no kills can be made here: " + e.getMessage());
      terminal.say("going on with " + CORPUS + ", a recording that a lab made elsewhere");
      judge(
          new RecordingSource.Folder(
              RecordingOption.openFolder(RecordingOption.corpusFolder(CORPUS))));
      if (json) {
        terminal.print(Json.write(Map.of("recording", CORPUS)));
      }
      exitCode = ExitCode.OK;
    }
    terminal.say("the demo took " + Duration.between(began, Instant.now()).toSeconds() + " s");
    return exitCode;
  }

  private int killAndJudge(OrderlyEnd end, Duration lifetime) {
    MemoryController.find().requireCreatable();
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    HeadroomDatabase located = database.locate();
    DemoDashboard left = new DemoDashboard(home, located);
    if (left.stop()) {
      terminal.say("the dashboard of an earlier demo is stopped");
    }
    boolean ranBefore = located.findUrl().isPresent();
    boolean handedOver = false;
    terminal.say("1. a TimescaleDB to keep everything in");
    OpenDatabase open = OpenDatabase.start(located, terminal);
    try (OrderlyEnd.Undo _ = end.atEnd(open::close)) {
      LoopRun.requireOwnDatabase(open);
      Optional<PostgresInstall> guarded = findInstallForGuard(home, end);
      Outcome outcome =
          guarded.isPresent()
              ? closeTheLoop(guarded.get(), open, home, end)
              : killAndJudgeWithoutGuard(open, home);
      int exitCode = outcome.exitCode();
      if (exitCode == ExitCode.OK && !lifetime.isZero()) {
        handedOver = leaveDashboard(left, outcome, open, lifetime, !ranBefore, end);
        exitCode = handedOver ? ExitCode.OK : ExitCode.FAILED;
      }
      if (json) {
        terminal.print(Json.write(outcome.fields()));
      }
      return exitCode;
    } finally {
      // What the demo started it also stops, or the dashboard does; a database that ran before
      // goes on.
      if (!ranBefore && !handedOver) {
        end.undo(located::stop);
      }
    }
  }

  /** Whether it goes on; what it shows is said, and added to the outcome's fields. */
  private boolean leaveDashboard(
      DemoDashboard dashboard,
      Outcome outcome,
      OpenDatabase open,
      Duration lifetime,
      boolean ownsDatabase,
      OrderlyEnd end) {
    DemoDashboard.Running running;
    try {
      running = dashboard.start(open, lifetime, ownsDatabase, end);
    } catch (LabException e) {
      if (end.isAsked()) {
        throw e;
      }
      terminal.say("it did not hold: " + e.getMessage());
      return false;
    }
    DashboardLinks links =
        DashboardLinks.of(running.url(), open, outcome.from(), outcome.to(), outcome.instances());
    terminal.say("");
    terminal.say(
        "the dashboard goes on until %s; `headroom demo --stop` ends it before that"
            .formatted(running.endsAt().truncatedTo(ChronoUnit.SECONDS)));
    if (json) {
      Map<String, @Nullable Object> fields = running.asMap();
      fields.put("pages", links.asMap());
      outcome.fields().put("dashboard", fields);
    } else {
      terminal.print(links.render());
    }
    return true;
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

  private Outcome closeTheLoop(
      PostgresInstall install, OpenDatabase open, HeadroomHome home, OrderlyEnd end) {
    terminal.say("   starting " + SERVERS + " servers and a collector beside them");
    try (FleetSession session =
        FleetSession.open(
            terminal, open, home, install, LoopRun.scenarios(SERVERS), PARALLELISM, end)) {
      Instant from = Instant.now().truncatedTo(ChronoUnit.SECONDS);
      LoopRun loop =
          new LoopRun(
              terminal,
              this::show,
              this::tell,
              open,
              session,
              end,
              ROUNDS,
              System.getProperty("user.name"));
      LoopReport report = loop.run(2);
      sayNext(report.recording(), report.backtestRunId());
      report.faults().forEach(fault -> terminal.say("it did not hold: " + fault));
      return new Outcome(
          report.faults().isEmpty() ? ExitCode.OK : ExitCode.FAILED,
          report.asMap(),
          from,
          Instant.now().truncatedTo(ChronoUnit.SECONDS).plusSeconds(1),
          // Those that the guard then kept alive: their pictures have both.
          report.servers().stream()
              .filter(server -> !server.heldOut())
              .map(FleetServer::instanceId)
              .toList());
    }
  }

  private Outcome killAndJudgeWithoutGuard(OpenDatabase open, HeadroomHome home) {
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
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("recording", made.recording().name());
    fields.put("kernel_oom_kills", made.report().oomKills());
    fields.put("stored_oom_kills", made.storedKills().size());
    fields.put("backtest_run_id", runId.toString());
    return new Outcome(
        made.everyKillIsStored() && !made.storedKills().isEmpty() ? ExitCode.OK : ExitCode.FAILED,
        fields,
        made.recording().startsAt(),
        made.recording().endsAt(),
        made.recording().instances());
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
    show(VerdictText.of(result, terminal));
    mostTelling(result)
        .ifPresent(killId -> {
          terminal.say("   one of the kills, in words");
          show(KillExplanation.render(result, killId));
        });
  }

  /** Results for a person; with {@code --json} the one object in the end is the result. */
  private void show(String results) {
    if (!json) {
      terminal.print(results);
    }
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
