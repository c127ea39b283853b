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
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
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
  public static final Duration PATIENCE = Duration.ofSeconds(3);

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
  private final Map<InstanceId, Long> accountedFor;
  private final Map<InstanceId, Long> lastRead = new HashMap<>();
  private final Map<InstanceId, Instant> behindSince = new HashMap<>();
  private final Map<InstanceId, GroupKillCount> groups = new HashMap<>();
  private IncidentGrouper grouper = new IncidentGrouper();

  /** An event with what is known of it; a phantom has no incident. */
  private record Captured(
      KernelOomEvent event, @Nullable InstanceId instanceId, @Nullable UUID incidentId) {}

  /**
   * What the counter says about the events of one instance that are to be settled together.
   *
   * @param phantoms how many of them were no kills
   * @param counter up to where it is explained; absent when it could not be read
   */
  private record Verdict(
      Reconciliation.Outcome outcome, long captured, long phantoms, @Nullable Long counter) {

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

  /** Whether the kernel counted kills whose events may still come. */
  public boolean isBehind() {
    return !behindSince.isEmpty();
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
    IncidentGrouper grouping = grouper.copy();
    List<Captured> captured =
        unsettled.events().stream()
            .filter(surroundings::concerns)
            .map(event -> captured(completed(event), grouping))
            .toList();
    Map<InstanceId, Verdict> verdicts = verdicts(captured, instances, now);
    if (verdicts.values().stream()
        .anyMatch(v -> v.outcome() == Reconciliation.Outcome.MORE_EXPECTED && v.captured() > 0)) {
      return;
    }
    Map<InstanceId, Long> phantoms = new HashMap<>();
    verdicts.forEach((id, verdict) -> phantoms.put(id, verdict.phantoms()));
    for (Captured each : captured) {
      settle(each, verdicts, phantoms);
    }
    grouper = grouping;
    boolean changed = account(verdicts);
    if (changed || !captured.isEmpty()) {
      surroundings.accounted();
    }
    if (!unsettled.batch().records().isEmpty()) {
      journal.settle(unsettled);
    }
  }

  private void settle(
      Captured captured, Map<InstanceId, Verdict> verdicts, Map<InstanceId, Long> phantoms)
      throws IOException {
    KernelOomEvent event = captured.event();
    @Nullable InstanceId instanceId = captured.instanceId();
    @Nullable UUID incidentId = captured.incidentId();
    if (incidentId == null || isUncountedPhantom(event, instanceId, phantoms)) {
      surroundings.phantom(event, instanceId);
      return;
    }
    @Nullable Verdict verdict = instanceId == null ? null : verdicts.get(instanceId);
    OomKill kill = assembler.assemble(event, incidentId, verdict == null ? null : verdict.agrees());
    @Nullable Long start = event.victim().startBoottimeNs();
    surroundings.keep(kill, start == null ? null : EventClock.ticksOf(start));
  }

  /** A source that cannot tell phantoms from kills is corrected by the kernel's counter. */
  private static boolean isUncountedPhantom(
      KernelOomEvent event, @Nullable InstanceId instanceId, Map<InstanceId, Long> phantoms) {
    if (instanceId == null
        || event.phantom() != null
        || phantoms.getOrDefault(instanceId, 0L) <= 0) {
      return false;
    }
    phantoms.merge(instanceId, -1L, Long::sum);
    return true;
  }

  private Captured captured(KernelOomEvent event, IncidentGrouper grouping) {
    return new Captured(
        event,
        assembler.findInstance(event).orElse(null),
        event.isPhantom() ? null : grouping.incidentOf(event));
  }

  private KernelOomEvent completed(KernelOomEvent event) {
    if (event.groupKill() != null) {
      return event;
    }
    @Nullable Boolean known = surroundings.isGroupKilled(event);
    return known == null ? event : event.withGroupKill(known);
  }

  private Map<InstanceId, Verdict> verdicts(
      List<Captured> captured, Set<InstanceId> instances, Instant now) {
    groups.values().removeIf(count -> count.isOver(now));
    Map<InstanceId, Long> kills = new HashMap<>();
    for (Captured each : captured) {
      @Nullable InstanceId id = each.instanceId();
      @Nullable UUID incidentId = each.incidentId();
      if (id == null || incidentId == null) {
        continue;
      }
      kills.merge(id, 1L, Long::sum);
      if (Boolean.TRUE.equals(each.event().groupKill())) {
        groups.computeIfAbsent(id, _ -> new GroupKillCount(now)).add(incidentId, now);
      }
    }
    Set<InstanceId> concerned = new HashSet<>(instances);
    concerned.addAll(kills.keySet());
    concerned.addAll(behindSince.keySet());
    Map<InstanceId, Verdict> verdicts = new HashMap<>();
    for (InstanceId id : concerned) {
      verdicts.put(id, verdict(id, kills.getOrDefault(id, 0L), now));
    }
    return verdicts;
  }

  /**
   * Compares with the counter or, once its cgroup is gone, with what it last said: that can still
   * explain what was captured, but what it does not know of may have come after it.
   */
  private Verdict verdict(InstanceId id, long captured, Instant now) {
    OptionalLong read = surroundings.findKillCounter(id);
    read.ifPresent(count -> lastRead.put(id, count));
    @Nullable Long counter = lastRead.get(id);
    @Nullable Long before = accountedFor.get(id);
    if (counter == null || before == null) {
      behindSince.remove(id);
      return new Verdict(Reconciliation.Outcome.UNKNOWN, captured, 0, counter);
    }
    long counted = Reconciliation.counted(before, counter);
    GroupKillCount group = groups.getOrDefault(id, new GroupKillCount(now));
    long least = group.least(captured);
    long most = group.most(captured);
    boolean waited = !now.isBefore(behindSince.getOrDefault(id, now).plus(PATIENCE));
    Reconciliation.Outcome outcome = Reconciliation.compare(counted, least, most, waited);
    if (outcome == Reconciliation.Outcome.MORE_EXPECTED) {
      behindSince.putIfAbsent(id, now);
      return new Verdict(outcome, captured, 0, counter);
    }
    behindSince.remove(id);
    if (outcome == Reconciliation.Outcome.TOO_MANY && read.isEmpty()) {
      return new Verdict(Reconciliation.Outcome.UNKNOWN, captured, 0, counter);
    }
    if (outcome == Reconciliation.Outcome.MISSED) {
      surroundings.mismatch(id, counted - most);
    }
    return new Verdict(outcome, captured, Math.max(0, least - counted), counter);
  }

  /** Remembers the counters that are explained; one seen for the first time starts there. */
  private boolean account(Map<InstanceId, Verdict> verdicts) {
    boolean changed = false;
    for (Map.Entry<InstanceId, Verdict> entry : verdicts.entrySet()) {
      InstanceId id = entry.getKey();
      Verdict verdict = entry.getValue();
      @Nullable Long counter = verdict.counter();
      if (counter == null || verdict.outcome() == Reconciliation.Outcome.MORE_EXPECTED) {
        continue;
      }
      @Nullable Long before = accountedFor.put(id, counter);
      changed |= !counter.equals(before);
      @Nullable GroupKillCount group = groups.get(id);
      if (group != null && before != null) {
        group.account(verdict.captured(), Reconciliation.counted(before, counter));
      }
    }
    return changed;
  }

  @Override
  public void close() throws IOException {
    journal.close();
  }
}
