package dev.headroom.collector.kill;

import dev.headroom.collector.capture.CgroupRef;
import dev.headroom.collector.capture.KernelOomEvent;
import dev.headroom.collector.capture.LimitHit;
import dev.headroom.collector.capture.OomTask;
import dev.headroom.collector.guard.VictimAccount;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.postgres.ProcessTitle;
import dev.headroom.collector.postgres.QueryFingerprint;
import dev.headroom.collector.sampling.ObservedProcess;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Completes what the kernel said about a kill with what was seen of its processes before. The
 * victim itself is never asked: it is dead, and where it still answers it answers wrongly.
 *
 * <p>Title and statement that the capture read in the victim's own context win over what was
 * sampled, because they are of the moment of death.
 */
public final class KillAssembler {

  /** From here on a page counter's limit says "none": its maximum with pages of 64 KiB. */
  private static final long UNLIMITED_BYTES = Long.MAX_VALUE / 65536 * 65536;

  private static final String POSTGRES = "postgres";

  private final String node;
  private final EventClock clock;
  private final ProcessCache processes;
  private final Function<String, Optional<InstanceId>> instanceByCgroup;
  private final boolean keepQueryText;
  private final Victims victims;

  /** What guards know of processes that were killed. */
  public interface Victims {
    /**
     * The last words of a victim's slot; empty where there is no guard or the slot is gone.
     *
     * @param namespacePid as the server sees it
     * @param startTicks when it started; absent when not known
     */
    Optional<VictimAccount> find(
        InstanceId instanceId, int namespacePid, @Nullable Long startTicks, long killedBoottimeNs);
  }

  /**
   * @param instanceByCgroup the instance whose cgroup has this path or lies above it
   * @param keepQueryText whether statements may be stored
   * @param victims what guards know of them
   */
  public KillAssembler(
      String node,
      EventClock clock,
      ProcessCache processes,
      Function<String, Optional<InstanceId>> instanceByCgroup,
      boolean keepQueryText,
      Victims victims) {
    this.node = node;
    this.clock = clock;
    this.processes = processes;
    this.instanceByCgroup = instanceByCgroup;
    this.keepQueryText = keepQueryText;
    this.victims = victims;
  }

  /** The instance that lost a process; empty when the victim belonged to none. */
  public Optional<InstanceId> findInstance(KernelOomEvent event) {
    Optional<InstanceId> seen = find(event.victim()).map(ObservedProcess::instanceId);
    return seen.isPresent() ? seen : path(event.victimCgroup()).flatMap(instanceByCgroup);
  }

  /**
   * The row of a kill.
   *
   * @param counterAgrees as in {@link OomKill}
   */
  public OomKill assemble(KernelOomEvent event, UUID incidentId, @Nullable Boolean counterAgrees) {
    @Nullable LimitHit limit = event.limit();
    @Nullable OomTask invoker = event.invoker();
    @Nullable VictimAccount account = account(event).orElse(null);
    return new OomKill(
        event.key(),
        incidentId,
        node,
        findInstance(event).orElse(null),
        clock.at(event.boottimeNs()),
        event.boottimeNs(),
        event.source().label(),
        victim(event, account),
        invoker == null ? null : invoker(event, invoker),
        event.constraint() == null ? null : event.constraint().label(),
        limit == null ? null : path(limit.cgroup()).orElse(null),
        path(event.victimCgroup()).orElse(null),
        limit == null ? null : memoryMax(limit.memoryMaxBytes()),
        limit == null ? null : limit.usageBytes(),
        event.memory().totalVmBytes(),
        event.memory().anonBytes(),
        event.memory().fileBytes(),
        event.memory().shmemBytes(),
        event.memory().pageTablesBytes(),
        event.oomScoreAdj(),
        account == null ? sampledGuardBytes(event) : Long.valueOf(account.allocatedBytes()),
        account == null ? null : account.instanceBytes(),
        event.groupKill(),
        counterAgrees,
        account == null ? null : account.statementNumber(),
        account == null ? null : account.contexts());
  }

  private Optional<VictimAccount> account(KernelOomEvent event) {
    Optional<InstanceId> instance = findInstance(event);
    if (instance.isEmpty()) {
      return Optional.empty();
    }
    OomTask victim = event.victim();
    @Nullable Integer sampledPid =
        find(victim).map(seen -> seen.sample().namespacePid()).orElse(null);
    @Nullable Integer namespacePid = firstOf(victim.namespacePid(), sampledPid);
    @Nullable Long start = victim.startBoottimeNs();
    return victims.find(
        instance.get(),
        namespacePid == null ? victim.pid() : namespacePid,
        start == null ? null : EventClock.ticksOf(start),
        event.boottimeNs());
  }

  private @Nullable Long sampledGuardBytes(KernelOomEvent event) {
    return find(event.victim()).map(seen -> seen.sample().guardAllocatedBytes()).orElse(null);
  }

  /** A slot is of the moment of death; a sample may be a statement old. */
  private OomProcess victim(KernelOomEvent event, @Nullable VictimAccount account) {
    OomProcess victim =
        process(event.victim(), findInstance(event), event.title(), event.queryText());
    return account == null || account.queryId() == null
        ? victim
        : victim.withQueryId(account.queryId());
  }

  private OomProcess invoker(KernelOomEvent event, OomTask invoker) {
    boolean isVictim = invoker.pid() == event.victim().pid();
    return process(
        invoker,
        findInstance(event),
        isVictim ? event.title() : null,
        isVictim ? event.queryText() : null);
  }

  private OomProcess process(
      OomTask task,
      Optional<InstanceId> instance,
      @Nullable String titleAtDeath,
      @Nullable String queryAtDeath) {
    @Nullable ObservedProcess seen = find(task).orElse(null);
    @Nullable ProcessSample sample = seen == null ? null : seen.sample();
    @Nullable String title = firstText(titleAtDeath, seen == null ? null : seen.title());
    @Nullable ProcessTitle parsed =
        title == null ? null : ProcessTitle.find(title, null).orElse(null);
    @Nullable ProcessSample leader = leader(parsed, instance).orElse(null);
    @Nullable String query =
        firstText(queryAtDeath, seen == null ? null : seen.lastStatementText());
    @Nullable String knownComm = firstOf(task.comm(), seen == null ? null : seen.comm());
    String comm = knownComm == null ? "" : knownComm;
    return new OomProcess(
        task.pid(),
        firstOf(task.namespacePid(), sample == null ? null : sample.namespacePid()),
        comm,
        title,
        kind(sample, parsed, comm),
        firstOf(
            sample == null ? null : sample.database(),
            parsed == null ? null : parsed.database(),
            leader == null ? null : leader.database()),
        firstOf(
            sample == null ? null : sample.user(),
            parsed == null ? null : parsed.user(),
            leader == null ? null : leader.user()),
        sample == null ? null : sample.queryId(),
        query == null ? null : Long.valueOf(QueryFingerprint.of(query)),
        keepQueryText ? query : null);
  }

  private static BackendKind kind(
      @Nullable ProcessSample sample, @Nullable ProcessTitle title, String comm) {
    if (sample != null && sample.kind() != BackendKind.UNKNOWN) {
      return sample.kind();
    }
    if (title != null) {
      return title.kind();
    }
    return comm.equals(POSTGRES) ? BackendKind.UNKNOWN : BackendKind.OTHER;
  }

  /**
   * The client backend that a parallel worker works for; the worker itself may be too young to have
   * been sampled.
   */
  private Optional<ProcessSample> leader(
      @Nullable ProcessTitle title, Optional<InstanceId> instance) {
    @Nullable Integer leaderPid = title == null ? null : title.leaderNamespacePid();
    return instance.isEmpty() || leaderPid == null
        ? Optional.empty()
        : processes.latestOf(instance.get()).values().stream()
            .map(ObservedProcess::sample)
            .filter(sample ->
                leaderPid.equals(firstOf(sample.namespacePid(), Integer.valueOf(sample.pid()))))
            .findFirst();
  }

  private Optional<ObservedProcess> find(OomTask task) {
    @Nullable Long start = task.startBoottimeNs();
    return processes.find(task.pid(), start == null ? null : EventClock.ticksOf(start));
  }

  private static Optional<String> path(@Nullable CgroupRef cgroup) {
    return cgroup == null ? Optional.empty() : Optional.ofNullable(cgroup.path());
  }

  private static @Nullable MemoryLimit memoryMax(@Nullable Long bytes) {
    if (bytes == null) {
      return null;
    }
    return bytes >= UNLIMITED_BYTES ? MemoryLimit.UNLIMITED : MemoryLimit.ofBytes(bytes);
  }

  private static @Nullable String firstText(@Nullable String one, @Nullable String other) {
    return one != null && !one.isBlank() ? one.strip() : other;
  }

  private static <T> @Nullable T firstOf(@Nullable T one, @Nullable T other) {
    return one != null ? one : other;
  }

  private static <T> @Nullable T firstOf(@Nullable T one, @Nullable T other, @Nullable T last) {
    return firstOf(firstOf(one, other), last);
  }
}
