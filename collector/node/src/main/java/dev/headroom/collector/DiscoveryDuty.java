package dev.headroom.collector;

import dev.headroom.collector.cgroup.CgroupReader;
import dev.headroom.collector.cgroup.MemoryHierarchy;
import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.ffm.LibC;
import dev.headroom.collector.guard.GuardLink;
import dev.headroom.collector.guard.Guards;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.postgres.PostmasterDiscovery;
import dev.headroom.collector.postgres.PostmasterPidFile;
import dev.headroom.collector.proc.ProcCgroup;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.collector.sampling.InstanceSampler;
import dev.headroom.collector.state.CollectorState.KnownInstance;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/** Finds servers that come and go, and what happened to them: START, STOP, CRASH, RELOAD. */
final class DiscoveryDuty implements Duty {

  private static final Duration INTERVAL = Duration.ofSeconds(1);

  /** {@code TimestampTz} counts from here. */
  private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

  private final String node;
  private final InstanceSelection selection;
  private final MemoryHierarchy hierarchy;
  private final ProcFs proc;
  private final EventClock clock;
  private final EventRecorder recorder;
  private final InstanceRegistry registry;
  private final ReadyWatch readyWatch;
  private final Guards guards;
  private final IntConsumer postmasterFound;
  private final PostmasterDiscovery discovery;

  /**
   * @param postmasterFound is told the pid of each server that is watched from now on
   */
  DiscoveryDuty(
      String node,
      InstanceSelection selection,
      MemoryHierarchy hierarchy,
      ProcFs proc,
      EventClock clock,
      EventRecorder recorder,
      InstanceRegistry registry,
      ReadyWatch readyWatch,
      Guards guards,
      IntConsumer postmasterFound) {
    this.node = node;
    this.selection = selection;
    this.hierarchy = hierarchy;
    this.proc = proc;
    this.clock = clock;
    this.recorder = recorder;
    this.registry = registry;
    this.readyWatch = readyWatch;
    this.guards = guards;
    this.postmasterFound = postmasterFound;
    this.discovery = new PostmasterDiscovery(proc, hierarchy.version());
  }

  @Override
  public String name() {
    return "discovery";
  }

  @Override
  public Duration doWork() throws IOException {
    Set<InstanceId> running = new HashSet<>();
    for (Postmaster postmaster : discovery.list(problem -> recorder.fail(null, problem))) {
      Optional<Map<String, String>> labels =
          selection.findLabels(postmaster.cgroupPath(), postmaster.dataDirectory());
      if (labels.isPresent()) {
        InstanceId id = InstanceId.of(node, postmaster.cgroupPath(), postmaster.dataDirectory());
        running.add(id);
        try {
          found(id, postmaster, labels.get());
        } catch (IOException problem) {
          recorder.fail(id, problem);
        }
      }
    }
    for (KnownInstance known : registry.listKnown()) {
      if (!running.contains(known.instanceId()) && known.postmasterPid() != 0) {
        gone(known);
      }
    }
    return INTERVAL;
  }

  private void found(InstanceId id, Postmaster postmaster, Map<String, String> labels)
      throws IOException {
    Optional<KnownInstance> before = registry.findKnown(id);
    boolean sameServer = before.filter(known -> isServer(known, postmaster)).isPresent();
    Optional<InstanceRegistry.Watched> watched = registry.findWatched(id);
    if (watched.isPresent()
        && watched.get().sampler().postmaster().key().equals(postmaster.key())) {
      noteReload(before.orElseThrow(), watched.get().sampler());
      return;
    }
    refuseOwnCgroup(postmaster);
    if (before.isPresent() && !sameServer && before.get().postmasterPid() != 0) {
      gone(before.get());
    }
    GuardLink guard =
        new GuardLink(
            id, postmaster, proc, LibC::boottimeNs, problem -> recorder.fail(id, problem));
    InstanceSampler sampler =
        new InstanceSampler(
            id,
            postmaster,
            hierarchy,
            proc,
            clock,
            guard::read,
            problem -> recorder.fail(id, problem));
    Path directory = hierarchy.findDirectory(postmaster.cgroupPath()).orElseThrow();
    recorder.record(
        new Instance(
            id,
            node,
            postmaster.cgroupPath(),
            hierarchy.version(),
            postmaster.dataDirectory(),
            postmaster.port(),
            postmaster.version(),
            labels,
            clock.now()));
    if (!sameServer) {
      long startTicks = postmaster.key().startTicks();
      recorder.record(
          new InstanceEvent(id, clock.atTicks(startTicks), InstanceEvent.Kind.START, null, null));
      readyWatch.started(id, startTicks);
      know(id, postmaster, null);
    }
    guards.watch(guard, clock.now());
    registry.watch(
        new InstanceRegistry.Watched(sampler, new CgroupReader(hierarchy, directory), labels));
    postmasterFound.accept(postmaster.pid());
  }

  private void noteReload(KnownInstance known, InstanceSampler sampler) throws IOException {
    OptionalLong reloadTime = sampler.findReloadTimeUs();
    if (reloadTime.isEmpty()) {
      return;
    }
    @Nullable Long before = known.reloadTimeUs();
    if (before == null || before != reloadTime.getAsLong()) {
      know(known.instanceId(), sampler.postmaster(), reloadTime.getAsLong());
      if (before != null) {
        recorder.record(
            new InstanceEvent(
                known.instanceId(),
                POSTGRES_EPOCH.plusNanos(reloadTime.getAsLong() * 1_000),
                InstanceEvent.Kind.RELOAD,
                null,
                null));
      }
    }
  }

  private void gone(KnownInstance known) {
    InstanceId id = known.instanceId();
    registry.unwatch(id);
    Instant now = clock.now();
    guards.end(id, now);
    if (leftItsPidFile(known)) {
      readyWatch.crashed(id, now, clock.nowTicks(), "the postmaster ended without a word");
    } else {
      readyWatch.stopped(id);
      recorder.record(new InstanceEvent(id, now, InstanceEvent.Kind.STOP, null, null));
    }
    registry.know(new KnownInstance(id, known.cgroupPath(), known.dataDirectory(), 0, 0, null));
  }

  /** An orderly end removes the file; in a container whose files are not ours nothing is known. */
  private boolean leftItsPidFile(KnownInstance known) {
    try {
      return PostmasterPidFile.find(Path.of(known.dataDirectory(), "postmaster.pid")).isPresent();
    } catch (IOException unreadable) {
      return false;
    }
  }

  private void know(InstanceId id, Postmaster postmaster, @Nullable Long reloadTimeUs) {
    registry.know(
        new KnownInstance(
            id,
            postmaster.cgroupPath(),
            postmaster.dataDirectory(),
            postmaster.pid(),
            postmaster.key().startTicks(),
            reloadTimeUs));
  }

  private static boolean isServer(KnownInstance known, Postmaster postmaster) {
    return known.postmasterPid() == postmaster.pid()
        && known.postmasterStartTicks() == postmaster.key().startTicks();
  }

  /** Where the instance is killed the collector would be too, and would eat of its memory. */
  private void refuseOwnCgroup(Postmaster postmaster) throws IOException {
    int self = Math.toIntExact(ProcessHandle.current().pid());
    Optional<ProcCgroup> own = proc.findCgroup(self);
    @Nullable String ownPath =
        own.isEmpty()
            ? null
            : switch (hierarchy.version()) {
              case V1 -> own.get().memory();
              case V2 -> own.get().unified();
            };
    boolean inside =
        ownPath != null
            && (ownPath.equals(postmaster.cgroupPath())
                || ownPath.startsWith(postmaster.cgroupPath() + "/"));
    if (!inside) {
      return;
    }
    Path directory = hierarchy.findDirectory(postmaster.cgroupPath()).orElseThrow();
    boolean limited =
        new CgroupReader(hierarchy, directory)
            .findEffectiveLimit(problem -> recorder.fail(null, problem))
            .filter(MemoryLimit.Bytes.class::isInstance)
            .isPresent();
    if (limited) {
      throw new IOException(
          ("the collector runs in cgroup %s, whose limit holds for the Postgres in %s too: it is not"
                  + " watched; start the collector in a cgroup of its own")
              .formatted(ownPath, postmaster.dataDirectory()));
    }
  }
}
