package dev.headroom.collector.state;

import dev.headroom.collector.guard.GuardCursor;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.model.InstanceId;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a collector remembers across its own death.
 *
 * @param bootId of the boot it is about: pids and counters of another one mean nothing
 * @param instances seen so far, so that the kills of one that ended still find it
 * @param processes what was last seen of each
 * @param waits instances that are expected to accept connections
 * @param killCounters the kernel's count of OOM kills up to which all is accounted for, by instance
 * @param captureCursor where the source of kills goes on, for a source that needs to be told
 * @param guardCursors how far the events of each instance's guard were kept, by instance; older
 *     collectors wrote none
 */
public record CollectorState(
    String bootId,
    List<KnownInstance> instances,
    List<ProcessCache.Sighting> processes,
    List<ReadyWait> waits,
    Map<String, Long> killCounters,
    @Nullable String captureCursor,
    @Nullable Map<String, GuardCursor> guardCursors) {

  public CollectorState {
    instances = List.copyOf(instances);
    processes = List.copyOf(processes);
    waits = List.copyOf(waits);
    killCounters = Map.copyOf(killCounters);
    guardCursors = guardCursors == null ? Map.of() : Map.copyOf(guardCursors);
  }

  /** Nothing is remembered. */
  public static CollectorState empty(String bootId) {
    return new CollectorState(bootId, List.of(), List.of(), List.of(), Map.of(), null, Map.of());
  }

  /**
   * An instance and the server that was last seen in it.
   *
   * @param cgroupPath path below the memory controller's mount
   * @param postmasterPid as the node sees it
   * @param postmasterStartTicks clock ticks since boot
   * @param reloadTimeUs when it last read its configuration, microseconds since 2000-01-01 UTC
   */
  public record KnownInstance(
      InstanceId instanceId,
      String cgroupPath,
      String dataDirectory,
      int postmasterPid,
      long postmasterStartTicks,
      @Nullable Long reloadTimeUs) {}

  /**
   * An instance that does not accept connections, as far as is known.
   *
   * @param since the first kill of the outage, or the start of the server
   * @param sinceTicks the same in clock ticks since boot, rounded down
   * @param crashed whether it began with a kill
   */
  public record ReadyWait(InstanceId instanceId, Instant since, long sinceTicks, boolean crashed) {}
}
