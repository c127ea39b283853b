package dev.headroom.collector;

import dev.headroom.collector.capture.CgroupRef;
import dev.headroom.collector.capture.KernelOomEvent;
import dev.headroom.collector.cgroup.CgroupMemory;
import dev.headroom.collector.cgroup.CgroupReader;
import dev.headroom.collector.cgroup.MemoryHierarchy;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.kill.KillSettler;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Where settled kills go, and what the settler asks of the node. */
final class KillSurroundings implements KillSettler.Surroundings {

  /** Writes down the collector's state. */
  interface StateWriter {
    void write() throws IOException;
  }

  private final String node;
  private final InstanceSelection selection;
  private final MemoryHierarchy hierarchy;
  private final EventClock clock;
  private final InstanceRegistry registry;
  private final ReadyWatch readyWatch;
  private final Spool spool;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private final StateWriter state;

  KillSurroundings(
      String node,
      InstanceSelection selection,
      MemoryHierarchy hierarchy,
      EventClock clock,
      InstanceRegistry registry,
      ReadyWatch readyWatch,
      Spool spool,
      EventRecorder recorder,
      CollectorMetrics metrics,
      StateWriter state) {
    this.node = node;
    this.selection = selection;
    this.hierarchy = hierarchy;
    this.clock = clock;
    this.registry = registry;
    this.readyWatch = readyWatch;
    this.spool = spool;
    this.recorder = recorder;
    this.metrics = metrics;
    this.state = state;
  }

  @Override
  public OptionalLong findKillCounter(InstanceId instanceId) {
    return registry
        .findKnown(instanceId)
        .flatMap(known -> hierarchy.findDirectory(known.cgroupPath()))
        .map(cgroup -> new CgroupReader(hierarchy, cgroup))
        .map(cgroup -> cgroup.findOomKills(problem -> recorder.fail(instanceId, problem)))
        .orElse(OptionalLong.empty());
  }

  @Override
  public @Nullable Boolean isGroupKilled(KernelOomEvent event) {
    if (hierarchy.version() == CgroupVersion.V1) {
      return false;
    }
    Optional<Path> cgroup = path(event.victimCgroup()).flatMap(hierarchy::findDirectory);
    return cgroup
        .map(directory -> new CgroupReader(hierarchy, directory))
        .map(reader -> reader.read(problem -> recorder.fail(null, problem)))
        .map(memory -> memory instanceof CgroupMemory.V2 v2 ? v2.oomGroup() : null)
        .map(group -> group == 1)
        .orElse(null);
  }

  @Override
  public boolean concerns(KernelOomEvent event) {
    Optional<String> victim = path(event.victimCgroup());
    Optional<String> limit =
        event.limit() == null ? Optional.empty() : path(event.limit().cgroup());
    if (victim.isEmpty() && limit.isEmpty()) {
      return true;
    }
    return victim.filter(this::concerns).isPresent() || limit.filter(this::concerns).isPresent();
  }

  private boolean concerns(String cgroupPath) {
    return selection.concernsCgroup(cgroupPath) || registry.findByCgroup(cgroupPath).isPresent();
  }

  @Override
  public void keep(OomKill kill, @Nullable Long victimStartTicks) throws IOException {
    @Nullable InstanceId instanceId = kill.instanceId();
    if (instanceId != null) {
      readyWatch.killed(instanceId, kill, victimStartTicks);
    }
    spool.append(kill);
    metrics.killed();
  }

  @Override
  public void phantom(KernelOomEvent event, @Nullable InstanceId instanceId) {
    recorder.record(
        new CollectorEvent(
            node,
            instanceId,
            clock.at(event.boottimeNs()),
            CollectorEvent.Kind.PHANTOM,
            1L,
            null,
            "pid %d was marked as a victim while it was already exiting"
                .formatted(event.victim().pid())));
    metrics.phantom();
  }

  @Override
  public void mismatch(InstanceId instanceId, long missed) {
    recorder.tell(
        CollectorEvent.Kind.COUNTER_MISMATCH,
        instanceId,
        missed,
        null,
        "the kernel counted more OOM kills than were captured");
  }

  @Override
  public void accounted() throws IOException {
    state.write();
  }

  @Override
  public void unreadable(IOException problem) {
    recorder.fail(null, problem);
  }

  private static Optional<String> path(@Nullable CgroupRef cgroup) {
    return cgroup == null ? Optional.empty() : Optional.ofNullable(cgroup.path());
  }
}
