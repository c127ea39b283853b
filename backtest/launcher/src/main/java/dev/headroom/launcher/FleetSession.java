package dev.headroom.launcher;

import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.collector.flag.StopFile;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Allocator;
import dev.headroom.lab.CollectorCommand;
import dev.headroom.lab.Fleet;
import dev.headroom.lab.FleetServer;
import dev.headroom.lab.GuardLibraries;
import dev.headroom.lab.Lab;
import dev.headroom.lab.LabConfig;
import dev.headroom.lab.LabException;
import dev.headroom.lab.LabGuard;
import dev.headroom.lab.LabListener;
import dev.headroom.lab.Scenario;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import dev.headroom.model.Recording;
import dev.headroom.store.KillFilter;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A fleet whose guards follow the flags, and a collector that stores what becomes of it. The
 * collector reaches its database through a relay, so that it can be cut from it.
 */
final class FleetSession implements AutoCloseable {

  /** More kills than any run makes. */
  private static final int MOST_KILLS = 100_000;

  private static final Duration STORED_WITHIN = Duration.ofSeconds(30);

  /** How often the collector samples a calm server, and so looks at the flags. */
  static final Duration TICK = Duration.ofMillis(500);

  private final OpenDatabase database;
  private final DatabaseRelay relay;
  private final Lab lab;
  private final Fleet fleet;
  private final StopFile stopFile;
  private final OrderlyEnd end;

  private FleetSession(
      OpenDatabase database,
      DatabaseRelay relay,
      Lab lab,
      Fleet fleet,
      StopFile stopFile,
      OrderlyEnd end) {
    this.database = database;
    this.relay = relay;
    this.lab = lab;
    this.fleet = fleet;
    this.stopFile = stopFile;
    this.end = end;
  }

  /**
   * Starts collector and servers, and waits until every guard is known to the collector.
   *
   * @param install one with what a guard is built with
   * @param scenarios one server each
   * @param end of the work that it is opened for
   * @throws LabException when this machine cannot run the lab
   */
  static FleetSession open(
      Terminal terminal,
      OpenDatabase database,
      HeadroomHome home,
      PostgresInstall install,
      List<Scenario> scenarios,
      int parallelism,
      OrderlyEnd end) {
    DatabaseRelay relay;
    try {
      relay = DatabaseRelay.open(database.url());
    } catch (IOException e) {
      throw new LabException("cannot listen on the loopback: " + e.getMessage(), e);
    }
    LoopCollector collector = new LoopCollector(relay);
    LabGuard guard =
        new LabGuard(
            GuardLibraries.build(GuardChoice.sources(), install),
            GuardMode.SHADOW,
            Allocator.JEMALLOC);
    @Nullable Lab lab = null;
    try {
      lab =
          Lab.open(
              LabConfig.of(LabSession.stateDirectory(home), install, LabSession.NODE)
                  .withParallelism(parallelism)
                  .withGuard(guard)
                  .withCollector(collector),
              new LabListener() {
                @Override
                public void note(String message) {
                  terminal.say("  " + message);
                }
              });
      Fleet fleet = lab.startFleet(scenarios);
      return new FleetSession(
          database, relay, lab, fleet, new StopFile(collector.stateDirectory()), end);
    } catch (RuntimeException e) {
      if (lab != null) {
        end.undo(lab::close);
      }
      relay.close();
      throw e;
    }
  }

  Fleet fleet() {
    return fleet;
  }

  /** Names the run; every instance of it carries it as a label. */
  String runId() {
    return lab.runId();
  }

  /** The labels of exactly this fleet's instances. */
  Map<String, String> labels() {
    return Map.of(Lab.RUN_LABEL, lab.runId());
  }

  /** Stops every guard of this node, as a person on it would who has no database. */
  void stopNode(String reason, String actor) {
    try {
      stopFile.stop(reason, actor, Instant.now());
    } catch (IOException e) {
      throw new LabException("cannot write " + stopFile.path() + ": " + e.getMessage(), e);
    }
  }

  /** Lifts that stop. */
  void liftNode(String reason, String actor) {
    try {
      stopFile.lift(reason, actor, Instant.now());
    } catch (IOException e) {
      throw new LabException("cannot delete " + stopFile.path() + ": " + e.getMessage(), e);
    }
  }

  /** Takes the database away from the collector, and from nobody else. */
  void cutFromDatabase() {
    relay.cut();
  }

  /** Gives it back. */
  void reconnectToDatabase() {
    relay.restore();
  }

  /**
   * Names what was recorded since a moment, once all of it is stored.
   *
   * @param part of the run, for the recording's name
   * @throws LabException when it is not stored within 30 s
   */
  Recording record(String part, Instant from) {
    Instant to = Instant.now().truncatedTo(ChronoUnit.MICROS);
    List<InstanceId> instances = fleet.servers().stream().map(FleetServer::instanceId).toList();
    // A spool is emptied in order: with a later sample everything before it is there.
    await(
        () -> instances.stream().allMatch(id -> hasSampleSince(id, to)),
        "the collector stored nothing of the last seconds; `headroom collect` alone says what stops it");
    Recording recording =
        new Recording(
            "loop-" + lab.runId() + "-" + part,
            from.truncatedTo(ChronoUnit.MICROS),
            to,
            instances,
            "headroom lab loop, " + part);
    database.recordings().save(recording);
    return recording;
  }

  /** The stored kills of a recording. */
  List<OomKill> storedKills(Recording recording) {
    return recording.instances().stream()
        .flatMap(id ->
            database
                .kills()
                .list(
                    new KillFilter(recording.startsAt(), recording.endsAt(), null, id, null),
                    MOST_KILLS)
                .stream())
        .toList();
  }

  private boolean hasSampleSince(InstanceId id, Instant moment) {
    return !database.recordings().read(id, moment, Instant.now()).samples().isEmpty();
  }

  /** Looks ten times a second whether something has come about. */
  static void await(BooleanSupplier condition, String otherwise) {
    long deadline = System.nanoTime() + STORED_WITHIN.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > deadline) {
        throw new LabException(otherwise);
      }
      try {
        Thread.sleep(100);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new LabException("interrupted", e);
      }
    }
  }

  /** Stops the collector, which stores first what it has, and removes everything. */
  @Override
  public void close() {
    relay.restore();
    try {
      end.undo(lab::close);
    } finally {
      relay.close();
    }
  }

  /** A collector that follows the flags of the database behind a relay. */
  private static final class LoopCollector implements CollectorCommand {
    private final DatabaseRelay relay;
    private Path stateDirectory = Path.of("");

    LoopCollector(DatabaseRelay relay) {
      this.relay = relay;
    }

    @Override
    public List<String> watching(Path instancesFile) {
      stateDirectory = LabSession.collectorState(instancesFile);
      return LabSession.collectorCommand(instancesFile, TICK);
    }

    @Override
    public Map<String, String> environment() {
      return Map.of("HEADROOM_DB_URL", relay.url().jdbc());
    }

    Path stateDirectory() {
      return stateDirectory;
    }
  }
}
