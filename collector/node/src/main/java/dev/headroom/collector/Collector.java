package dev.headroom.collector;

import dev.headroom.collector.autotune.GuardPlan;
import dev.headroom.collector.autotune.PlanSource;
import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.cgroup.MemoryHierarchy;
import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.duty.DutyRunner;
import dev.headroom.collector.ffm.LibC;
import dev.headroom.collector.flag.FlagCache;
import dev.headroom.collector.flag.FlagOptions;
import dev.headroom.collector.flag.FlagdProvider;
import dev.headroom.collector.flag.FlaggedPlans;
import dev.headroom.collector.flag.HeadroomProvider;
import dev.headroom.collector.flag.KnownFlags;
import dev.headroom.collector.flag.StopFile;
import dev.headroom.collector.guard.GuardEventReader;
import dev.headroom.collector.guard.Guards;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.kernel.WallClock;
import dev.headroom.collector.kill.KillAssembler;
import dev.headroom.collector.kill.KillSettler;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.collector.sink.DatabaseSink;
import dev.headroom.collector.sink.DatabaseUpkeep;
import dev.headroom.collector.sink.DatabaseUpkeepDuty;
import dev.headroom.collector.sink.ObservationSink;
import dev.headroom.collector.sink.SinkDuty;
import dev.headroom.collector.spool.Spool;
import dev.headroom.collector.state.CollectorState;
import dev.headroom.collector.state.StateFile;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Node;
import dev.headroom.model.Policy;
import dev.headroom.store.FlagStateWatch;
import dev.openfeature.sdk.FeatureProvider;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The collector of one node. It finds the Postgres servers, samples them, takes the kernel's word
 * on OOM kills, keeps everything in its spool and stores it from there.
 *
 * <p>Killed at any moment, it goes on where it was: what was told to the spool is stored once, and
 * kills of its absence are found by the next one.
 */
public final class Collector implements AutoCloseable {

  private static final Path PROC = Path.of("/proc");
  private static final Duration JOIN_PATIENCE = Duration.ofSeconds(5);
  private static final Duration DRAIN_PATIENCE = Duration.ofSeconds(5);

  /** A guard outlives so many of the longest waits between samples before it lets go. */
  private static final int LEASE_SAMPLES = 5;

  private static final Duration MIN_LEASE = Duration.ofSeconds(10);

  private final Deque<Closeable> resources;
  private final List<DutyRunner> runners = new ArrayList<>();
  private final EventRecorder recorder;
  private final Spool spool;
  private final CollectorStateKeeper state;
  private final CaptureDuty capture;
  private final @Nullable MetricsServer metricsServer;
  private final @Nullable DutyRunner sinkRunner;
  private final @Nullable DatabaseUpkeep databaseUpkeep;

  /**
   * @param resources takes what is to be closed, last opened first
   */
  private Collector(
      CollectorConfig config, Path stateDirectory, WallClock wall, Deque<Closeable> resources)
      throws IOException {
    this.resources = resources;
    ProcFs proc = new ProcFs(PROC);
    String bootId = text(PROC.resolve("sys/kernel/random/boot_id"));
    MemoryHierarchy hierarchy =
        MemoryHierarchy.detect(PROC)
            .orElseThrow(() ->
                new IOException(
                    "no cgroup hierarchy with the memory controller is mounted; mount one, or"
                        + " run the collector where /sys/fs/cgroup is visible"));
    EventClock clock =
        EventClock.open(stateDirectory.resolve("clock"), bootId, LibC::boottimeNs, wall);
    this.spool = Spool.open(stateDirectory.resolve("spool"), config.maxSpoolBytes());
    resources.push(spool);
    PrometheusMeterRegistry meters = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    CollectorMetrics metrics = new CollectorMetrics(meters);
    LifeTurns turns = new LifeTurns();
    this.recorder = new EventRecorder(config.node(), clock, spool, metrics, turns);
    this.state =
        new CollectorStateKeeper(bootId, new StateFile(stateDirectory.resolve("state.json")));
    CollectorState earlier = state.read(recorder);
    InstanceRegistry registry = new InstanceRegistry();
    earlier.instances().forEach(registry::know);
    ProcessCache processes = new ProcessCache();
    processes.restore(earlier.processes());
    Guards guards = new Guards();
    resources.push(guards);
    ReadyWatch readyWatch = new ReadyWatch(clock, recorder, earlier.waits());
    KillSettler settler =
        KillSettler.open(
            stateDirectory.resolve("kills"),
            new KillAssembler(
                config.node(),
                clock,
                processes,
                registry::findByCgroup,
                config.keepQueryText(),
                guards::findVictim),
            new KillSurroundings(
                config.node(),
                config.instances(),
                hierarchy,
                clock,
                registry,
                readyWatch,
                spool,
                recorder,
                metrics,
                state::write),
            byInstance(earlier.killCounters()));
    @Nullable CaptureOptions options = config.capture();
    this.capture =
        new CaptureDuty(
            options == null ? null : options.withCursor(earlier.captureCursor()),
            clock,
            recorder,
            registry,
            settler,
            label -> recorder.record(node(config, bootId, clock, label)));
    resources.push(capture);
    GuardEventDuty guardEvents =
        new GuardEventDuty(
            guards,
            new GuardEventReader(clock, processes::hostPid),
            clock,
            spool,
            recorder,
            metrics,
            byInstance(Objects.requireNonNullElse(earlier.guardCursors(), Map.of())));
    state.watch(registry, processes, readyWatch, settler, capture, guardEvents);

    add(
        new DiscoveryDuty(
            config.node(),
            config.instances(),
            hierarchy,
            proc,
            clock,
            recorder,
            registry,
            readyWatch,
            guards,
            capture::register));
    add(
        new SamplingDuty(
            clock,
            registry,
            processes,
            readyWatch,
            spool,
            recorder,
            metrics,
            config.cadence(),
            new GuardSteering(
                plans(config, stateDirectory, clock),
                new GuardSteering.Bounds(lease(config), config.hold()),
                config.damping(),
                new StopFile(stateDirectory),
                guards,
                turns,
                clock,
                recorder,
                metrics)));
    add(guardEvents);
    add(capture);
    add(new UpkeepDuty(clock, spool, recorder, metrics, state::write));
    this.sinkRunner =
        config.databaseUrl() == null
            ? null
            : add(sink(config.databaseUrl(), stateDirectory, clock, metrics));
    this.databaseUpkeep =
        config.databaseUrl() == null ? null : new DatabaseUpkeep(config.databaseUrl());
    if (databaseUpkeep != null) {
      add(new DatabaseUpkeepDuty(databaseUpkeep, clock::now, new SplittableRandom()));
    }
    metrics.gauge(
        "headroom.spool.backlog.bytes",
        "Bytes in the spool that are not stored yet",
        spool,
        Spool::backlogBytes);
    metrics.gauge(
        "headroom.spool.used.ratio",
        "Part of the bound of spooled samples in use",
        spool,
        Spool::usedShare);
    metrics.gauge(
        "headroom.guards", "Servers with a guard that is in use", guards, Guards::openCount);
    metrics.gauge(
        "headroom.instances", "Servers watched", registry, known -> known.watchedIds().size());
    this.metricsServer =
        config.metricsPort() == null ? null : MetricsServer.start(config.metricsPort(), meters);
    if (metricsServer != null) {
      resources.push(metricsServer::close);
    }
    recorder.record(node(config, bootId, clock, null));
    recorder.tell(CollectorEvent.Kind.START, null, null, null, null);
    if (spool.tornBytes() > 0) {
      recorder.tell(
          CollectorEvent.Kind.DROP,
          null,
          1L,
          null,
          "the spool's last record was not wholly written and is cut off");
    }
  }

  /**
   * Starts a collector.
   *
   * @throws IOException when another one uses the state directory, or when something is missing
   *     without which nothing can be collected
   */
  public static Collector start(CollectorConfig config) throws IOException {
    return start(config, Instant::now);
  }

  static Collector start(CollectorConfig config, WallClock wall) throws IOException {
    Path stateDirectory = Files.createDirectories(config.stateDirectory());
    Deque<Closeable> resources = new ArrayDeque<>();
    resources.push(CollectorLock.take(stateDirectory));
    try {
      Collector collector = new Collector(config, stateDirectory, wall, resources);
      collector.runners.forEach(DutyRunner::start);
      return collector;
    } catch (IOException | RuntimeException failed) {
      closeAll(resources);
      throw failed;
    }
  }

  /** Where metrics are served; empty when they are not. */
  public OptionalInt findMetricsPort() {
    return metricsServer == null ? OptionalInt.empty() : OptionalInt.of(metricsServer.port());
  }

  /** The source that kills are captured from, such as {@code tp_btf}, once it is open. */
  public Optional<String> findCaptureSource() {
    return capture.findSource();
  }

  /** Whether everything observed so far is stored. */
  public boolean isDrained() {
    return spool.isDrained();
  }

  /**
   * Stops within a bounded time: kills are compared with the kernel's counters once more, which
   * takes three seconds where events are missing, and what is spooled and not stored within five
   * seconds stays in the spool for the next start.
   */
  @Override
  public void close() throws IOException {
    List<DutyRunner> producers =
        runners.stream().filter(runner -> !runner.equals(sinkRunner)).toList();
    producers.forEach(DutyRunner::stop);
    if (databaseUpkeep != null) {
      databaseUpkeep.close();
    }
    boolean ended = true;
    for (DutyRunner runner : producers) {
      ended &= runner.join(JOIN_PATIENCE);
    }
    if (ended) {
      settleLast();
    } else {
      recorder.fail(null, new IOException("a loop did not end within " + JOIN_PATIENCE));
    }
    recorder.tell(CollectorEvent.Kind.STOP, null, null, null, null);
    state.write();
    spool.sync();
    if (sinkRunner != null) {
      drain(sinkRunner);
    }
    closeAll(resources);
  }

  private void settleLast() {
    try {
      capture.finish();
    } catch (IOException failed) {
      recorder.fail(null, failed);
    }
  }

  private static void closeAll(Deque<Closeable> resources) throws IOException {
    @Nullable IOException failure = null;
    for (Closeable resource = resources.poll(); resource != null; resource = resources.poll()) {
      try {
        resource.close();
      } catch (IOException failed) {
        failure = failed;
      }
    }
    if (failure != null) {
      throw failure;
    }
  }

  private void drain(DutyRunner sink) {
    long deadline = System.nanoTime() + DRAIN_PATIENCE.toNanos();
    while (!spool.isDrained() && System.nanoTime() < deadline) {
      sink.wake();
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
    sink.stop();
    sink.join(JOIN_PATIENCE);
  }

  private DutyRunner add(Duty duty) {
    DutyRunner runner = new DutyRunner(duty, (failed, why) -> recorder.fail(null, why));
    runners.add(runner);
    return runner;
  }

  private SinkDuty sink(
      String url, Path stateDirectory, EventClock clock, CollectorMetrics metrics) {
    ObservationSink database = new DatabaseSink(url);
    resources.push(database::close);
    return new SinkDuty(
        spool,
        database,
        stateDirectory.resolve("rejected.jsonl"),
        new SinkListener(clock, recorder, metrics),
        new SplittableRandom());
  }

  private static Duration lease(CollectorConfig config) {
    Duration ofSamples = config.cadence().slow().multipliedBy(LEASE_SAMPLES);
    return ofSamples.compareTo(MIN_LEASE) > 0 ? ofSamples : MIN_LEASE;
  }

  private PlanSource plans(CollectorConfig config, Path stateDirectory, EventClock clock) {
    @Nullable GuardPlan plan = config.guard();
    if (plan != null) {
      return PlanSource.fixed(plan);
    }
    @Nullable FlagOptions options = config.flags();
    if (options == null) {
      return PlanSource.none();
    }
    KnownFlags known = new KnownFlags(clock::now, config.hold());
    FlagCache cache = new FlagCache(stateDirectory);
    FlagDuty.restore(cache, known, recorder);
    if (config.databaseUrl() != null) {
      FlagStateWatch watch = new FlagStateWatch(config.databaseUrl(), options.poll());
      resources.push(watch::close);
      add(new FlagDuty(watch, cache, known, clock, recorder));
    }
    FeatureProvider provider =
        switch (options.origin()) {
          case FlagOptions.Rollouts() -> new HeadroomProvider(known);
          case FlagOptions.FlagdFile(Path file) ->
              new FlagdProvider(
                  file,
                  config.hold(),
                  clock::now,
                  problem -> recorder.fail(null, new IOException(problem)));
        };
    FlaggedPlans plans =
        new FlaggedPlans(
            provider,
            id -> known.findPolicy(id).or(() -> shippedPolicy(id)),
            (id, problem) -> recorder.fail(id, new IOException(problem)));
    resources.push(plans::close);
    return plans;
  }

  private static Optional<Policy> shippedPolicy(String name) {
    return FormulaLibrary.find(name).map(formula -> Policy.of(formula.name(), formula.text()));
  }

  private static <V> Map<InstanceId, V> byInstance(Map<String, V> byId) {
    Map<InstanceId, V> byInstance = new HashMap<>();
    byId.forEach((id, value) -> byInstance.put(InstanceId.parse(id), value));
    return byInstance;
  }

  private static Node node(
      CollectorConfig config, String bootId, EventClock clock, @Nullable String captureSource) {
    return new Node(
        config.node(),
        bootId,
        System.getProperty("os.version"),
        memoryTotalBytes(),
        captureSource,
        clock.now());
  }

  private static @Nullable Long memoryTotalBytes() {
    try {
      return KernelFile.find(PROC.resolve("meminfo"))
          .flatMap(text -> text.lines().filter(line -> line.startsWith("MemTotal:")).findFirst())
          .map(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .orElse(null);
    } catch (IOException | NumberFormatException unknown) {
      return null;
    }
  }

  private static String text(Path file) throws IOException {
    return KernelFile.find(file)
        .map(String::strip)
        .orElseThrow(() -> new IOException(file + " is missing; is procfs mounted?"));
  }
}
