package dev.headroom.collector.guard;

import dev.headroom.collector.kernel.EventClock;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Reads what guards wrote down, as observations. For one thread.
 *
 * <p>Times are kept to the microsecond and are part of an event's key: of two events of one process
 * within a microsecond the second is moved to the next.
 */
public final class GuardEventReader {

  private static final int AT_MOST = 1_000;
  private static final int MAX_PROCESSES_KNOWN = 10_000;
  private static final long NS_PER_US = 1_000;

  private final EventClock clock;
  private final HostPids hostPids;
  private final Map<Teller, Instant> lastEventAt = new HashMap<>();

  /** Which process of the node a server means by a pid of its own. */
  public interface HostPids {
    /** The pid as the node sees it, or the same number when nobody has seen that process. */
    int of(InstanceId instanceId, int namespacePid);
  }

  private record Teller(InstanceId instanceId, int namespacePid) {}

  /**
   * What was read.
   *
   * @param lost events that were overwritten before they could be read, or never completed
   * @param unknown events that a later guard writes and this collector does not know
   * @param next where to go on
   */
  public record Batch(List<GuardEvent> events, long lost, long unknown, GuardCursor next) {

    public Batch {
      events = List.copyOf(events);
    }

    /** Whether there was nothing to read. */
    public boolean isEmpty() {
      return events.isEmpty() && lost == 0 && unknown == 0;
    }
  }

  public GuardEventReader(EventClock clock, HostPids hostPids) {
    this.clock = clock;
    this.hostPids = hostPids;
  }

  /**
   * Reads on.
   *
   * @param from where the last reading ended; absent, or of another segment: the first event
   * @return empty where there is no guard
   */
  public Optional<Batch> read(GuardLink guard, @Nullable GuardCursor from) {
    Optional<Long> created = guard.findCreatedBoottimeNs();
    if (created.isEmpty()) {
      return Optional.empty();
    }
    long position = from != null && from.createdBoottimeNs() == created.get() ? from.position() : 0;
    return guard
        .readEvents(position, AT_MOST)
        .map(batch ->
            new Batch(
                observations(guard.instanceId(), batch.events()),
                batch.lost(),
                batch.unknown(),
                new GuardCursor(created.get(), batch.position())));
  }

  private List<GuardEvent> observations(InstanceId instanceId, List<RingEvent> events) {
    if (lastEventAt.size() > MAX_PROCESSES_KNOWN) {
      lastEventAt.clear();
    }
    List<GuardEvent> observations = new ArrayList<>();
    for (RingEvent event : events) {
      observations.add(
          new GuardEvent(
              instanceId,
              occurredAt(instanceId, event),
              event.kind(),
              hostPids.of(instanceId, event.namespacePid()),
              event.statementNumber(),
              event.backendKind(),
              event.queryId(),
              event.policyId(),
              event.limitBytes(),
              event.allocatedBytes(),
              event.processAllocatedBytes(),
              event.requestedBytes(),
              event.mode(),
              event.statementDenials(),
              event.sqlState()));
    }
    return observations;
  }

  private Instant occurredAt(InstanceId instanceId, RingEvent event) {
    Teller teller = new Teller(instanceId, event.namespacePid());
    @Nullable Instant before = lastEventAt.get(teller);
    Instant told = clock.at(event.boottimeNs());
    Instant at = before == null || told.isAfter(before) ? told : before.plusNanos(NS_PER_US);
    lastEventAt.put(teller, at);
    return at;
  }
}
