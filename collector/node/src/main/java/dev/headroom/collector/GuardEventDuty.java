package dev.headroom.collector;

import dev.headroom.collector.duty.Duty;
import dev.headroom.collector.guard.GuardCursor;
import dev.headroom.collector.guard.GuardEventReader;
import dev.headroom.collector.guard.GuardLink;
import dev.headroom.collector.guard.Guards;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Takes what the guards wrote down, before they write over it. What the spool has not taken is read
 * again.
 */
final class GuardEventDuty implements Duty {

  private static final Duration INTERVAL = Duration.ofMillis(200);

  private final Guards guards;
  private final GuardEventReader reader;
  private final EventClock clock;
  private final Spool spool;
  private final EventRecorder recorder;
  private final CollectorMetrics metrics;
  private final Map<InstanceId, GuardCursor> cursors;

  /**
   * @param earlier {@link #cursors} of an earlier life
   */
  GuardEventDuty(
      Guards guards,
      GuardEventReader reader,
      EventClock clock,
      Spool spool,
      EventRecorder recorder,
      CollectorMetrics metrics,
      Map<InstanceId, GuardCursor> earlier) {
    this.guards = guards;
    this.reader = reader;
    this.clock = clock;
    this.spool = spool;
    this.recorder = recorder;
    this.metrics = metrics;
    this.cursors = new ConcurrentHashMap<>(earlier);
  }

  @Override
  public String name() {
    return "guard";
  }

  @Override
  public Duration doWork() throws IOException {
    boolean more = false;
    for (GuardLink guard : guards.list()) {
      more |= take(guard);
    }
    guards.forget(clock.now());
    return more ? Duration.ZERO : INTERVAL;
  }

  /** How far events were read and kept. Any thread. */
  Map<InstanceId, GuardCursor> cursors() {
    return Map.copyOf(cursors);
  }

  private boolean take(GuardLink guard) throws IOException {
    InstanceId id = guard.instanceId();
    Optional<GuardEventReader.Batch> read = reader.read(guard, cursors.get(id));
    if (read.isEmpty()) {
      return false;
    }
    GuardEventReader.Batch batch = read.get();
    spool.appendAll(batch.events());
    cursors.put(id, batch.next());
    metrics.guardEvents(batch.events().size());
    if (batch.lost() > 0) {
      metrics.guardEventsLost(batch.lost());
      recorder.tell(
          CollectorEvent.Kind.DROP,
          id,
          batch.lost(),
          null,
          "events of the guard were overwritten before they were read");
    }
    if (batch.unknown() > 0) {
      recorder.fail(
          id,
          new IOException(
              "%d events of the guard are of types that this collector does not know; use the guard and the collector of one release"
                  .formatted(batch.unknown())));
    }
    return !batch.isEmpty();
  }
}
