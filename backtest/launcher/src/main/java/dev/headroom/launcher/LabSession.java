package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Lab;
import dev.headroom.lab.LabConfig;
import dev.headroom.lab.LabException;
import dev.headroom.lab.LabListener;
import dev.headroom.lab.LabReport;
import dev.headroom.lab.Scenario;
import dev.headroom.lab.ScenarioResult;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import dev.headroom.model.Recording;
import dev.headroom.store.KillFilter;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Runs scenarios with a collector that stores what it sees, and names what was recorded. */
final class LabSession {

  /** What the lab's collector calls this machine. */
  static final String NODE = "lab";

  /** How often it samples a calm server. */
  private static final Duration TICK = Duration.ofMillis(500);

  /** More kills than any run makes. */
  private static final int MOST_KILLS = 100_000;

  /** Samples before the first and after the last event belong to the recording too. */
  private static final Duration MARGIN = Duration.ofSeconds(5);

  private final Terminal terminal;
  private final OpenDatabase database;
  private final List<String> databaseArguments;
  private final HeadroomHome home;

  /**
   * @param databaseArguments what makes the collector, a process of its own, store in the same
   *     database
   */
  LabSession(
      Terminal terminal, OpenDatabase database, List<String> databaseArguments, HeadroomHome home) {
    this.terminal = terminal;
    this.database = database;
    this.databaseArguments = databaseArguments;
    this.home = home;
  }

  /**
   * What a run did and what of it is stored.
   *
   * @param report of the lab, with the kernel's counts
   * @param recording the run's name in the database
   * @param storedKills the rows of oom_kill of the run's instances
   */
  record Result(LabReport report, Recording recording, List<OomKill> storedKills) {

    /** Whether every kill that the kernel counted is stored, and no other. */
    boolean everyKillIsStored() {
      return storedKills.size() == report.oomKills();
    }
  }

  /**
   * Runs the scenarios and waits until what the collector saw is stored.
   *
   * @param install for guarded victims one with what a guard is built with
   * @throws LabException when this machine cannot run the lab
   */
  Result run(
      PostgresInstall install,
      List<Scenario> scenarios,
      int rounds,
      int parallelism,
      GuardChoice guard) {
    LabConfig config =
        LabConfig.of(stateDirectory(home), install, NODE)
            .withRounds(rounds)
            .withParallelism(parallelism)
            .withGuard(guard.load(install))
            .withCollector(instances -> collectorCommand(instances, guard));
    LabReport report;
    try (Lab lab = Lab.open(config, progress())) {
      report = lab.run(scenarios);
    }
    Recording recording = recording(report, scenarios, guard);
    database.recordings().save(recording);
    return new Result(report, recording, storedKills(recording));
  }

  static Path stateDirectory(HeadroomHome home) {
    return home.directory().resolve("lab");
  }

  private List<String> collectorCommand(Path instancesFile, GuardChoice guard) {
    List<String> command = new ArrayList<>(collectorCommand(instancesFile, TICK));
    command.addAll(guard.collectorArguments());
    command.addAll(databaseArguments);
    return command;
  }

  /** Starts the lab's collector, whatever it makes of the guards. */
  static List<String> collectorCommand(Path instancesFile, Duration tick) {
    return OwnProgram.command(
        "collect",
        "--instances",
        instancesFile.toString(),
        "--state",
        collectorState(instancesFile).toString(),
        "--node",
        NODE,
        "--capture-name",
        "headroom_lab",
        "--query-text",
        "--slow-ms",
        Long.toString(tick.toMillis()));
  }

  /** Where that collector keeps its state. */
  static Path collectorState(Path instancesFile) {
    return instancesFile.resolveSibling("collector");
  }

  private Recording recording(LabReport report, List<Scenario> scenarios, GuardChoice guard) {
    List<InstanceId> instances =
        report.victims().stream().map(ScenarioResult.VictimResult::instanceId).toList();
    Instant from = report.startedAt().minus(MARGIN).truncatedTo(ChronoUnit.MICROS);
    Instant to = report.endedAt().plus(MARGIN).truncatedTo(ChronoUnit.MICROS);
    Set<InstanceId> known =
        database.recordings().listInstances(from, to).stream()
            .map(instance -> instance.id())
            .collect(Collectors.toSet());
    List<InstanceId> recorded = instances.stream().filter(known::contains).toList();
    if (recorded.isEmpty()) {
      throw new CommandFailure(
          ExitCode.FAILED,
          "the collector stored nothing of this run; `headroom collect` alone says what stops it");
    }
    instances.stream()
        .filter(Predicate.not(known::contains))
        .forEach(id -> terminal.say("nothing was stored of instance " + id));
    return new Recording("lab-" + report.runId(), from, to, recorded, note(scenarios, guard));
  }

  /** The command that makes such a recording. */
  private static String note(List<Scenario> scenarios, GuardChoice guard) {
    Stream<String> words =
        Stream.concat(scenarios.stream().map(Scenario::name), guard.collectorArguments().stream());
    return words.collect(Collectors.joining(" ", "headroom lab run ", ""));
  }

  private List<OomKill> storedKills(Recording recording) {
    return recording.instances().stream()
        .flatMap(id -> database.kills().list(KillFilter.ofInstance(id), MOST_KILLS).stream())
        .toList();
  }

  private LabListener progress() {
    return new LabListener() {
      @Override
      public void scenarioStarted(Scenario scenario) {
        terminal.say("  %-24s %s".formatted(scenario.name(), scenario.title()));
      }

      @Override
      public void scenarioEnded(ScenarioResult result) {
        terminal.say(
            "  %-24s %s%s, %.1f s"
                .formatted(
                    result.scenario().name(),
                    result.outcome(),
                    result.asExpected() ? "" : " (not what was expected)",
                    result.elapsed().toMillis() / 1000.0));
      }

      @Override
      public void note(String message) {
        terminal.say("  " + message);
      }
    };
  }
}
