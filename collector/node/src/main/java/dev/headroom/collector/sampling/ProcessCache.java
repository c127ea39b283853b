package dev.headroom.collector.sampling;

import dev.headroom.collector.proc.ProcessKey;
import dev.headroom.model.InstanceId;
import dev.headroom.model.ProcessSample;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What was last seen of every process, kept for a while after its end: a kill is told when its
 * victim can no longer be asked. Safe for several threads.
 */
public final class ProcessCache {

  private static final Duration KEPT_AFTER_LAST_SIGHT = Duration.ofMinutes(5);

  private final Map<ProcessKey, Sighting> sightings = new HashMap<>();
  private final Map<Integer, ProcessKey> latestByPid = new HashMap<>();

  /** A process and when it was last seen. */
  public record Sighting(ObservedProcess process, Instant seenAt) {}

  /** Takes in what a sample saw, and forgets what has been gone for long. */
  public synchronized void update(List<ObservedProcess> processes, Instant seenAt) {
    for (ObservedProcess process : processes) {
      put(new Sighting(process, seenAt));
    }
    Instant oldest = seenAt.minus(KEPT_AFTER_LAST_SIGHT);
    if (sightings.values().removeIf(sighting -> sighting.seenAt().isBefore(oldest))) {
      latestByPid.values().retainAll(sightings.keySet());
    }
  }

  /** Takes back what {@link #list} gave in an earlier life. */
  public synchronized void restore(List<Sighting> earlier) {
    earlier.forEach(this::put);
  }

  private void put(Sighting sighting) {
    ProcessKey key = sighting.process().key();
    sightings.put(key, sighting);
    latestByPid.put(key.pid(), key);
  }

  /**
   * The process with this pid.
   *
   * @param startTicks its start; absent when it is not known, and then the latest with that pid
   */
  public synchronized Optional<ObservedProcess> find(int pid, @Nullable Long startTicks) {
    @Nullable ProcessKey key =
        startTicks == null ? latestByPid.get(pid) : new ProcessKey(pid, startTicks);
    return Optional.ofNullable(key).map(known -> sightings.get(known)).map(Sighting::process);
  }

  /** The latest sight of each pid of an instance. */
  public synchronized Map<Integer, ObservedProcess> latestOf(InstanceId instanceId) {
    Map<Integer, ObservedProcess> latest = new HashMap<>();
    for (ProcessKey key : latestByPid.values()) {
      Sighting sighting = sightings.get(key);
      if (sighting != null && sighting.process().instanceId().equals(instanceId)) {
        latest.put(key.pid(), sighting.process());
      }
    }
    return latest;
  }

  /**
   * The process that a server means by a pid of its own; the same number when no such process was
   * seen.
   */
  public synchronized int hostPid(InstanceId instanceId, int namespacePid) {
    return latestOf(instanceId).values().stream()
        .map(ObservedProcess::sample)
        .filter(sample -> Integer.valueOf(namespacePid).equals(sample.namespacePid()))
        .mapToInt(ProcessSample::pid)
        .findFirst()
        .orElse(namespacePid);
  }

  /** When an instance was last looked at; empty when it was not. */
  public synchronized Optional<Instant> findLastSight(InstanceId instanceId) {
    return sightings.values().stream()
        .filter(sighting -> sighting.process().instanceId().equals(instanceId))
        .map(Sighting::seenAt)
        .max(Comparator.naturalOrder());
  }

  /** Everything in it. */
  public synchronized List<Sighting> list() {
    return List.copyOf(sightings.values());
  }
}
