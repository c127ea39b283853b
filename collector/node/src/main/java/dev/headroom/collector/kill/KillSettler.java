package dev.headroom.collector.kill;

import dev.headroom.collector.capture.IncidentGrouper;
import dev.headroom.collector.capture.KernelOomEvent;
import dev.headroom.collector.capture.OomEventHandler;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.model.InstanceId;
import dev.headroom.model.OomKill;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns captured events into kills: drops the phantoms, groups incidents, compares with the
 * kernel's own counters, and hands the rows on. Used by one thread.
 *
 * <p>Everything it hands on may come again after the collector was killed in between, with the same
 * keys.
 */
public final class KillSettler implements Closeable {

  /** How long an event may be behind the kernel's counter before it counts as missed. */
  static final Duration PATIENCE = Duration.ofSeconds(3);

  /** What the settler needs of its surroundings. */
  public interface Surroundings {
    /** The kernel's count of OOM kills in the instance's cgroup; empty when it cannot be read. */
    OptionalLong findKillCounter(InstanceId instanceId);

    /** Whether {@code memory.oom.group} of the victim's cgroup is set; absent when unknown. */
    @Nullable Boolean isGroupKilled(KernelOomEvent event);

    /** Whether this collector is to record the event at all. */
    boolean concerns(KernelOomEvent event);

    /**
     * Keeps a kill.
     *
     * @param victimStartTicks when the victim began, clock ticks since boot; absent when unknown
     * @throws IOException when it cannot be kept now
     */
    void keep(OomKill kill, @Nullable Long victimStartTicks) throws IOException;

    /** A victim was marked that was already exiting. */
    void phantom(KernelOomEvent event, @Nullable InstanceId instanceId);

    /** The kernel counted so many kills more than were captured. */
    void mismatch(InstanceId instanceId, long missed);

    /** What is accounted for has changed: remember it before the events are forgotten. */
    void accounted() throws IOException;

    /** An event cannot be read back. */
    void unreadable(IOException problem);
  }

  private final KillJournal journal;
  private final KillAssembler assembler;
  private final Surroundings surroundings;
  private final IncidentGrouper grouper = new IncidentGrouper();
  private final Map<InstanceId, Long> accountedFor;
  private final Map<InstanceId, Instant> behindSince = new HashMap<>();

  /** The events of one instance that are to be settled together. */
  private record Verdict(
      Reconciliation.Outcome outcome, long captured, long counted, OptionalLong counter) {

    @Nullable Boolean agrees() {
      return switch (outcome) {
        case AGREES -> true;
        case UNKNOWN -> null;
        case MISSED, TOO_MANY, MORE_EXPECTED -> false;
      };
    }
  }

  private KillSettler(
      KillJournal journal,
      KillAssembler assembler,
      Surroundings surroundings,
      Map<InstanceId, Long> accountedFor) {
    this.journal = journal;
    this.assembler = assembler;
    this.surroundings = surroundings;
    this.accountedFor = new ConcurrentHashMap<>(accountedFor);
  }

  /**
   * Opens the journal in {@code folder}, which may hold events of an earlier life.
   *
   * @param accountedFor {@link #accountedFor} of that life
   */
  public static KillSettler open(
      Path folder,
      KillAssembler assembler,
      Surroundings surroundings,
      Map<InstanceId, Long> accountedFor)
      throws IOException {
    return new KillSettler(KillJournal.open(folder), assembler, surroundings, accountedFor);
  }

  /** Where captured events go: durable on return. */
  public OomEventHandler journal() {
    return journal;
  }

  /** Whether captured events wait to be settled. */
  public boolean hasUnsettled() {
    return !journal.isEmpty();
  }

  /** The kernel's counters up to which all is accounted for. Any thread. */
  public Map<InstanceId, Long> accountedFor() {
    return Map.copyOf(accountedFor);
  }

  /**
   * Settles what was captured, unless more is on its way.
   *
   * @param instances whose counters are watched
   */
  public void settle(Set<InstanceId> instances, Instant now) throws IOException {
    KillJournal.Unsettled unsettled = journal.read(surroundings::unreadable);
    List<KernelOomEvent> events =
        unsettled.events().stream().filter(surroundings::concerns).map(this::completed).toList();
    Map<InstanceId, Verdict> verdicts = verdicts(events, instances, now);
    if (verdicts.values().stream()
        .anyMatch(v -> v.outcome() == Reconciliation.Outcome.MORE_EXPECTED && v.captured() > 0)) {
      return;
    }
    Map<InstanceId, Long> excess = new LinkedHashMap<>();
    verdicts.forEach((id, verdict) -> excess.put(id, phantoms(verdict)));
    for (KernelOomEvent event : events) {
      settle(event, verdicts, excess);
    }
    boolean changed = account(verdicts);
    if (changed || !events.isEmpty()) {
      surroundings.accounted();
    }
    if (!unsettled.batch().records().isEmpty()) {
      journal.settle(unsettled);
    }
  }

  private void settle(
      KernelOomEvent event, Map<InstanceId, Verdict> verdicts, Map<InstanceId, Long> excess)
      throws IOException {
    @Nullable InstanceId instanceId = assembler.findInstance(event).orElse(null);
    if (event.isPhantom() || isUncountedPhantom(event, instanceId, excess)) {
      surroundings.phantom(event, instanceId);
      return;
    }
    @Nullable Verdict verdict = instanceId == null ? null : verdicts.get(instanceId);
    OomKill kill =
        assembler.assemble(
            event, grouper.incidentOf(event), verdict == null ? null : verdict.agrees());
    @Nullable Long start = event.victim().startBoottimeNs();
    surroundings.keep(kill, start == null ? null : EventClock.ticksOf(start));
  }

  /** A source that cannot tell phantoms from kills is corrected by the kernel's counter. */
  private static boolean isUncountedPhantom(
      KernelOomEvent event, @Nullable InstanceId instanceId, Map<InstanceId, Long> excess) {
    if (instanceId == null || event.phantom() != null || excess.getOrDefault(instanceId, 0L) <= 0) {
      return false;
    }
    excess.merge(instanceId, -1L, Long::sum);
    return true;
  }

  private static long phantoms(Verdict verdict) {
    return verdict.outcome() == Reconciliation.Outcome.TOO_MANY
        ? verdict.captured() - verdict.counted()
        : 0;
  }

  private KernelOomEvent completed(KernelOomEvent event) {
    if (event.groupKill() != null) {
      return event;
    }
    @Nullable Boolean known = surroundings.isGroupKilled(event);
    return known == null ? event : event.withGroupKill(known);
  }

  private Map<InstanceId, Verdict> verdicts(
      List<KernelOomEvent> events, Set<InstanceId> instances, Instant now) {
    Map<InstanceId, Long> captured = new HashMap<>();
    for (KernelOomEvent event : events) {
      if (!event.isPhantom()) {
        assembler.findInstance(event).ifPresent(id -> captured.merge(id, 1L, Long::sum));
      }
    }
    Set<InstanceId> concerned = new HashSet<>(instances);
    concerned.addAll(captured.keySet());
    Map<InstanceId, Verdict> verdicts = new HashMap<>();
    for (InstanceId id : concerned) {
      verdicts.put(id, verdict(id, captured.getOrDefault(id, 0L), now));
    }
    return verdicts;
  }

  private Verdict verdict(InstanceId id, long captured, Instant now) {
    OptionalLong counter = surroundings.findKillCounter(id);
    @Nullable Long known = accountedFor.get(id);
    OptionalLong before = known == null ? OptionalLong.empty() : OptionalLong.of(known);
    Instant since = behindSince.getOrDefault(id, now);
    boolean waited = !now.isBefore(since.plus(PATIENCE));
    Reconciliation.Outcome outcome = Reconciliation.compare(before, captured, counter, waited);
    if (outcome == Reconciliation.Outcome.MORE_EXPECTED) {
      behindSince.putIfAbsent(id, now);
    } else {
      behindSince.remove(id);
    }
    long counted =
        before.isPresent() && counter.isPresent()
            ? Reconciliation.counted(before.getAsLong(), counter.getAsLong())
            : captured;
    if (outcome == Reconciliation.Outcome.MISSED) {
      surroundings.mismatch(id, counted - captured);
    }
    return new Verdict(outcome, captured, counted, counter);
  }

  /** Remembers the counters that are explained; one seen for the first time starts there. */
  private boolean account(Map<InstanceId, Verdict> verdicts) {
    boolean changed = false;
    for (Map.Entry<InstanceId, Verdict> entry : verdicts.entrySet()) {
      Verdict verdict = entry.getValue();
      if (verdict.counter().isPresent()
          && verdict.outcome() != Reconciliation.Outcome.MORE_EXPECTED) {
        @Nullable Long before = accountedFor.put(entry.getKey(), verdict.counter().getAsLong());
        changed |= before == null || before != verdict.counter().getAsLong();
      }
    }
    return changed;
  }

  @Override
  public void close() throws IOException {
    journal.close();
  }
}
