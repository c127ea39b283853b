package dev.headroom.lab;

import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.model.GuardMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * One run of one scenario: servers up, rounds of load, servers down, and what the kernel counted.
 */
final class ScenarioRun {

  /** A collector looks for new servers once a second; what it judges needs a few samples before. */
  private static final long CALM_MS = 2_000;

  /** How long a collector gets to see the last state before the server and its cgroup go. */
  private static final long SETTLE_MS = 500;

  private final LabConfig config;
  private final LabListener listener;
  private final MemoryController controller;
  private final RunFolder folder;
  private final VictimTemplate template;
  private final Scenario scenario;
  private final Instant startedAt = Instant.now();
  private final List<LabCgroup> cgroups = new ArrayList<>();
  private final List<Victim> victims = new ArrayList<>();
  private int rounds;
  private int roundsWithKill;
  private ScenarioResult.Sessions sessions = ScenarioResult.Sessions.NONE;

  ScenarioRun(
      LabConfig config,
      LabListener listener,
      MemoryController controller,
      RunFolder folder,
      VictimTemplate template,
      Scenario scenario) {
    this.config = config;
    this.listener = listener;
    this.controller = controller;
    this.folder = folder;
    this.template = template;
    this.scenario = scenario;
  }

  static ScenarioResult skipped(Scenario scenario, String reason) {
    Instant now = Instant.now();
    return new ScenarioResult(
        scenario,
        List.of(),
        new Outcome.Skipped(reason),
        0,
        0,
        GuardMode.OFF,
        ScenarioResult.Sessions.NONE,
        0,
        now,
        now);
  }

  ScenarioResult run() {
    listener.scenarioStarted(scenario);
    KillWatch watch = new KillWatch(kills -> listener.killed(scenario, kills));
    Outcome outcome;
    try {
      outcome = attempt(watch);
    } finally {
      watch.stop();
    }
    List<ScenarioResult.VictimResult> results = stopVictims();
    LabGuard guard = config.guard();
    return new ScenarioResult(
        scenario,
        results,
        outcome,
        rounds,
        roundsWithKill,
        guard == null ? GuardMode.OFF : guard.mode(),
        sessions,
        watch.mostKillsWithinOneSecond(),
        startedAt,
        Instant.now());
  }

  private Outcome attempt(KillWatch watch) {
    try {
      startVictims(watch);
      runRounds();
      return outcome();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new Outcome.Failed("interrupted");
    } catch (Exception e) {
      return new Outcome.Failed(String.valueOf(e.getMessage()));
    }
  }

  private void startVictims(KillWatch watch) throws Exception {
    for (VictimPlace place : VictimPlace.list(scenario, controller, folder)) {
      LabCgroup cgroup = folder.makeCgroup(controller, place.name());
      cgroups.add(cgroup);
      cgroup.limit(config.memoryMaxBytes().orElse(scenario.memoryMaxBytes()));
      if (scenario.groupKill()) {
        cgroup.killAsGroup();
      }
      watch.add(cgroup);
      Victim victim = Victim.start(place, folder, cgroup, template, scenario.settings());
      victims.add(victim);
      try (Stage stage = new Stage(scenario.name(), victim)) {
        scenario.workload().prepare(stage);
        if (stage.lostSessions() > 0 || stage.oomKills() > 0) {
          throw new LabException("the preparation lost sessions; the limit is too small for it");
        }
      }
    }
  }

  private void runRounds() throws Exception {
    int planned = scenario.expectation() == Scenario.Expectation.KILLS ? config.rounds() : 1;
    LabGuard guard = config.guard();
    while (rounds < planned) {
      if (guard != null && config.collectorCommand() != null) {
        victims.forEach(victim -> victim.awaitGuard(guard.mode()));
      }
      if (config.collectorCommand() != null) {
        Pause.ofMillis(CALM_MS);
      }
      long before = oomKills();
      loadAll();
      rounds++;
      if (oomKills() > before) {
        roundsWithKill++;
      }
      victims.forEach(Victim::awaitReady);
    }
    Pause.ofMillis(SETTLE_MS);
  }

  /** Loads all servers at once and waits for them. */
  private void loadAll() throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ScenarioResult.Sessions>> loads = new ArrayList<>();
      for (Victim victim : victims) {
        loads.add(threads.submit(() -> load(victim)));
      }
      for (Future<ScenarioResult.Sessions> load : loads) {
        sessions = sessions.plus(load.get());
      }
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private ScenarioResult.Sessions load(Victim victim) throws Exception {
    return ServerLoad.run(
        victim,
        scenario.name(),
        stage -> {
          listener.loading(scenario, new MemoryProbe(victim));
          try {
            scenario.workload().load(stage);
          } finally {
            listener.loaded(scenario);
          }
        });
  }

  private Outcome outcome() {
    long kills = oomKills();
    if (kills > 0) {
      return new Outcome.Killed(kills);
    }
    if (sessions.lost() > 0) {
      return new Outcome.Failed(
          "%d session(s) were lost without a kill by the kernel".formatted(sessions.lost()));
    }
    return sessions.refused() > 0
        ? new Outcome.Refused(sessions.refused())
        : new Outcome.Survived();
  }

  private long oomKills() {
    return cgroups.stream().mapToLong(LabCgroup::oomKills).sum();
  }

  /** Stops and removes everything this scenario made, and says what the kernel counted. */
  private List<ScenarioResult.VictimResult> stopVictims() {
    Map<Victim, GuardStatus> guards = new HashMap<>();
    for (Victim victim : victims) {
      victim.findGuardStatus().ifPresent(status -> guards.put(victim, status));
    }
    victims.forEach(Victim::close);
    List<ScenarioResult.VictimResult> results = new ArrayList<>();
    for (Victim victim : victims) {
      LabCgroup cgroup = victim.cgroup();
      results.add(
          new ScenarioResult.VictimResult(
              victim.place().instanceId(config.node()),
              victim.place().cgroupPath(),
              cgroup.oomKills(),
              cgroup.peakBytes(),
              Optional.ofNullable(guards.get(victim)).map(GuardStatus::counters).orElse(null)));
    }
    cgroups.forEach(LabCgroup::remove);
    victims.forEach(Victim::deleteFiles);
    return results;
  }
}
