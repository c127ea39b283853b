package dev.headroom.collector;

import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes into the spool what happens besides samples. What the spool cannot take now is kept in
 * memory and tried again; what fails again and again is told once in a while with its count. Safe
 * for several threads.
 */
final class EventRecorder {

  private static final Logger LOG = LoggerFactory.getLogger(EventRecorder.class);
  private static final int MAX_WAITING = 10_000;
  private static final int MAX_FAILURES_KNOWN = 1_000;
  private static final Duration FAILURE_REPEAT = Duration.ofMinutes(10);

  private final String node;
  private final EventClock clock;
  private final Spool spool;
  private final CollectorMetrics metrics;
  private final LifeTurns turns;
  private final Deque<Observation> waiting = new ArrayDeque<>();
  private final Map<String, Repeated> failures = new HashMap<>();
  private Instant lastEventAt = Instant.EPOCH;

  /** A failure that was told, and how often it came again since. */
  private record Repeated(Instant toldAt, long since) {}

  EventRecorder(
      String node, EventClock clock, Spool spool, CollectorMetrics metrics, LifeTurns turns) {
    this.node = node;
    this.clock = clock;
    this.spool = spool;
    this.metrics = metrics;
    this.turns = turns;
  }

  /** Keeps an observation, in memory while the spool refuses it. */
  synchronized void record(Observation observation) {
    if (observation instanceof InstanceEvent event) {
      turns.note(event);
    }
    if (waiting.size() >= MAX_WAITING) {
      LOG.error("given up, because the spool takes nothing: {}", observation);
      metrics.eventLost();
      return;
    }
    waiting.add(observation);
    flush();
  }

  /** Tries again to write what the spool refused before. */
  synchronized void flush() {
    try {
      for (Observation next = waiting.peek(); next != null; next = waiting.peek()) {
        spool.append(next);
        waiting.remove();
      }
    } catch (IOException refused) {
      LOG.warn("{} observations wait for the spool: {}", waiting.size(), refused.getMessage());
    }
  }

  /** Tells something about the collector itself, now. */
  synchronized void tell(
      CollectorEvent.Kind kind,
      @Nullable InstanceId instanceId,
      @Nullable Long count,
      @Nullable Duration duration,
      @Nullable String detail) {
    record(
        new CollectorEvent(
            node,
            instanceId,
            nextEventAt(),
            kind,
            count,
            duration == null ? null : duration.toMillis(),
            detail));
    metrics.told(kind);
    if (detail != null) {
      LOG.info("{}", detail);
    }
  }

  /** Tells of a failure, unless the same was told within ten minutes. */
  synchronized void fail(@Nullable InstanceId instanceId, Throwable problem) {
    String message = problem.getMessage() == null ? problem.toString() : problem.getMessage();
    // Process ids and the like do not make another failure.
    String key = instanceId + message.replaceAll("\\d+", "#");
    Instant now = clock.now();
    Repeated before = failures.get(key);
    metrics.failed();
    if (before != null && now.isBefore(before.toldAt().plus(FAILURE_REPEAT))) {
      failures.put(key, new Repeated(before.toldAt(), before.since() + 1));
      return;
    }
    if (failures.size() >= MAX_FAILURES_KNOWN) {
      failures.clear();
    }
    failures.put(key, new Repeated(now, 0));
    LOG.debug("failure", problem);
    tell(
        CollectorEvent.Kind.FAILURE,
        instanceId,
        before == null ? 1 : before.since() + 1,
        null,
        message);
  }

  /** The time is part of an event's key: no two events share one. */
  private Instant nextEventAt() {
    Instant now = clock.now();
    lastEventAt = now.isAfter(lastEventAt) ? now : lastEventAt.plusNanos(1_000);
    return lastEventAt;
  }
}
