package dev.headroom.collector.guard;

import dev.headroom.model.InstanceId;
import java.io.Closeable;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The guards of the servers that run, and for a while those of servers that ended: a kill that took
 * a whole server is told after its end. Safe for several threads.
 */
public final class Guards implements Closeable {

  private static final Duration KEPT_AFTER_END = Duration.ofMinutes(1);

  private final Map<InstanceId, GuardLink> running = new LinkedHashMap<>();
  private final List<Ended> ended = new ArrayList<>();

  private record Ended(GuardLink guard, Instant at) {}

  /** A server was found; the one of the same instance before it has ended. */
  public synchronized void watch(GuardLink guard, Instant now) {
    end(guard.instanceId(), now);
    running.put(guard.instanceId(), guard);
  }

  /** A server ended. */
  public synchronized void end(InstanceId instanceId, Instant now) {
    @Nullable GuardLink guard = running.remove(instanceId);
    if (guard != null) {
      ended.add(new Ended(guard, now));
    }
  }

  /** Lets go of what ended a while ago. */
  public synchronized void forget(Instant now) {
    Iterator<Ended> each = ended.iterator();
    while (each.hasNext()) {
      Ended one = each.next();
      if (one.at().plus(KEPT_AFTER_END).isBefore(now)) {
        one.guard().close();
        each.remove();
      }
    }
  }

  /** The guard of an instance's running server. */
  public synchronized Optional<GuardLink> find(InstanceId instanceId) {
    return Optional.ofNullable(running.get(instanceId));
  }

  /** All of them, those of ended servers first. */
  public synchronized List<GuardLink> list() {
    List<GuardLink> all = new ArrayList<>(ended.stream().map(Ended::guard).toList());
    all.addAll(running.values());
    return all;
  }

  /** How many servers run with a guard that can be used. */
  public synchronized long openCount() {
    return running.values().stream().filter(GuardLink::isOpen).count();
  }

  /** What the slot of a killed process last said; as {@link GuardLink#findVictim}. */
  public Optional<VictimAccount> findVictim(
      InstanceId instanceId, int namespacePid, @Nullable Long startTicks, long killedBoottimeNs) {
    return list().stream()
        .filter(guard -> guard.instanceId().equals(instanceId))
        .flatMap(guard -> guard.findVictim(namespacePid, startTicks, killedBoottimeNs).stream())
        .findFirst();
  }

  @Override
  public synchronized void close() {
    list().forEach(GuardLink::close);
    running.clear();
    ended.clear();
  }
}
