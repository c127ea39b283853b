package dev.headroom.lab;

import dev.headroom.model.CgroupVersion;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Makes real OOM kills of a real Postgres, each in a memory cgroup of its own, with a collector
 * watching from outside.
 *
 * <p>Everything it makes is gone when it is closed, when its JVM ends in good order (Ctrl-C
 * included), or else when the next lab with the same state folder opens.
 */
public final class Lab implements AutoCloseable {

  /** The label with the run's id that every instance of a lab carries. */
  public static final String RUN_LABEL = "lab";

  private final LabConfig config;
  private final LabListener listener;
  private final MemoryController controller;
  private final RunFolder folder;
  private final Thread shutdownHook;
  private final VictimTemplate template;
  private volatile @Nullable LabCollector collector;
  private boolean started;

  private Lab(LabConfig config, LabListener listener) {
    this.config = config;
    this.listener = listener;
    this.controller = MemoryController.find();
    controller.requireCreatable();
    this.folder = RunFolder.create(config.stateDirectory());
    this.shutdownHook = new Thread(this::remove, "lab-shutdown");
    try {
      Runtime.getRuntime().addShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      remove();
      throw new LabException("the process is ending, so no lab is opened", e);
    }
    try {
      this.template = VictimTemplate.create(folder, config);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Opens a lab: removes what dead labs left, makes a template of the victims' data folder and
   * starts the collector.
   *
   * @throws LabException when this machine cannot kill for us: no memory controller, no permission
   *     to make a cgroup, no working Postgres
   */
  public static Lab open(LabConfig config, LabListener listener) {
    int removed = cleanUp(config.stateDirectory());
    if (removed > 0) {
      listener.note("removed what %d earlier run(s) had left".formatted(removed));
    }
    return new Lab(config, listener);
  }

  /**
   * Removes everything that labs with a state folder left when they were killed.
   *
   * @return how many runs had left something
   */
  public static int cleanUp(Path stateDirectory) {
    List<RunFolder> abandoned = RunFolder.listAbandoned(stateDirectory);
    for (RunFolder run : abandoned) {
      try (run) {
        run.remove();
      }
    }
    return abandoned.size();
  }

  /**
   * Starts the collector and runs scenarios. One that goes wrong is reported as such and does not
   * stop the others. A lab runs once.
   *
   * @param scenarios none of them twice
   */
  public LabReport run(List<Scenario> scenarios) {
    start(InstancesFile.ofScenarios(folder, controller, scenarios));
    Instant startedAt = Instant.now();
    List<ScenarioResult> results = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(config.parallelism())) {
      List<Future<ScenarioResult>> running = new ArrayList<>();
      for (Scenario scenario : scenarios) {
        running.add(threads.submit(() -> run(scenario)));
      }
      try {
        for (Future<ScenarioResult> result : running) {
          results.add(result.get());
        }
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new LabException("interrupted", e);
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw new LabException("the lab failed: " + e.getCause(), e);
      }
    }
    return new LabReport(folder.runId(), results, startedAt, Instant.now());
  }

  /**
   * Starts the collector and a fleet, which stands until the lab is closed. A lab runs once.
   *
   * @param scenarios one server each, at least {@link Fleet#SMALLEST}
   */
  public Fleet startFleet(List<Scenario> scenarios) {
    List<VictimPlace> places = Fleet.places(scenarios, config.node(), controller, folder);
    start(
        IntStream.range(0, scenarios.size())
            .mapToObj(i -> InstancesFile.listed(places.get(i), scenarios.get(i)))
            .toList());
    return Fleet.start(scenarios, places, config, controller, folder, template);
  }

  /**
   * Names this run's folder and cgroups; every instance carries it as label {@value #RUN_LABEL}.
   */
  public String runId() {
    return folder.runId();
  }

  /** The collector, once a run or a fleet has started it. */
  public Optional<LabCollector> findCollector() {
    return Optional.ofNullable(collector);
  }

  /** Stops the collector, which stores first what it has, and removes everything. */
  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(shutdownHook);
    } catch (IllegalStateException e) {
      // The hook does it too: whoever comes second waits for the first and finds nothing to do.
    }
    remove();
  }

  private void remove() {
    try (folder) {
      try {
        findCollector().ifPresent(LabCollector::stop);
      } finally {
        folder.remove();
      }
    }
  }

  private synchronized void start(List<InstancesFile.Listed> servers) {
    if (started) {
      throw new LabException("a lab runs once; open another one");
    }
    started = true;
    CollectorCommand command = config.collectorCommand();
    if (command != null) {
      Path instances = InstancesFile.write(folder, servers);
      LabCollector launched = LabCollector.start(folder, command, instances);
      collector = launched;
      if (!launched.awaitCapturing()) {
        listener.note(
            "the collector does not say that it captures kills; going on without waiting");
      }
    }
  }

  private ScenarioResult run(Scenario scenario) {
    ScenarioResult result =
        findObstacle(scenario)
            .map(reason -> ScenarioRun.skipped(scenario, reason))
            .orElseGet(() ->
                new ScenarioRun(config, listener, controller, folder, template, scenario).run());
    listener.scenarioEnded(result);
    return result;
  }

  private Optional<String> findObstacle(Scenario scenario) {
    for (Scenario.Need need : scenario.needs()) {
      switch (need) {
        case TIMESCALEDB -> {
          if (!config.install().hasTimescaledb()) {
            return Optional.of(config.install().describe());
          }
        }
        case CGROUP_V2 -> {
          if (controller.version() != CgroupVersion.V2) {
            return Optional.of("the memory controller is on cgroup version 1 here");
          }
        }
      }
    }
    return Optional.empty();
  }
}
