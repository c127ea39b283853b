package dev.headroom.collector.capture;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel said about one victim of its OOM killer. A fact that the source cannot give is
 * absent.
 *
 * @param bootId the boot it happened in ({@code /proc/sys/kernel/random/boot_id})
 * @param source who told
 * @param stampNs the kernel's stamp exactly as the source gave it; it only names the event
 * @param boottimeNs when, {@code CLOCK_BOOTTIME} ns
 * @param victim who was marked as a victim
 * @param oomScoreAdj the victim's, -1000 to 1000
 * @param memory what the victim held
 * @param invoker whose allocation woke the killer; often not the victim
 * @param constraint why the killer ran
 * @param limit the cgroup that was at its limit, for {@link OomConstraint#MEMCG}
 * @param victimCgroup the victim's own memory cgroup, at or below the limit's
 * @param phantom true when the task was marked but not killed: it was already exiting; such an
 *     event is no kill
 * @param groupKill true when one decision killed a whole cgroup ({@code memory.oom.group})
 * @param decision the first victim of the decision this kill belongs to, for a group kill whose
 *     source keeps that
 * @param title the victim's command line, which Postgres uses as process title, read before it
 *     died; at most 1023 bytes
 * @param queryText the statement it ran, for processes of a registered postmaster; at most 1023
 *     bytes
 */
public record KernelOomEvent(
    UUID bootId,
    OomSourceKind source,
    long stampNs,
    long boottimeNs,
    OomTask victim,
    @Nullable Integer oomScoreAdj,
    VictimMemory memory,
    @Nullable OomTask invoker,
    @Nullable OomConstraint constraint,
    @Nullable LimitHit limit,
    @Nullable CgroupRef victimCgroup,
    @Nullable Boolean phantom,
    @Nullable Boolean groupKill,
    @Nullable FirstVictim decision,
    @Nullable String title,
    @Nullable String queryText) {

  /**
   * The first victim of a decision that took several.
   *
   * @param pid its process id
   * @param stampNs the stamp of its event
   */
  public record FirstVictim(int pid, long stampNs) {}

  /**
   * Names this kill: the same whenever the same source delivers it again, and different for every
   * other kill.
   */
  public UUID key() {
    return key(victim.pid(), stampNs);
  }

  /**
   * Names the kill of {@code victimPid} stamped {@code stampNs} by this event's source in this
   * event's boot.
   */
  UUID key(int victimPid, long stampNs) {
    String name = "oom-kill/%s/%s/%d/%d".formatted(bootId, source.label(), victimPid, stampNs);
    return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Whether it is known to be no kill; an unknown one counts as a kill until the kernel's counter
   * says otherwise.
   */
  public boolean isPhantom() {
    return Boolean.TRUE.equals(phantom);
  }

  /**
   * This event with what the caller knows about {@code memory.oom.group} of the cgroup, for sources
   * that do not.
   */
  public KernelOomEvent withGroupKill(boolean known) {
    return with(known, decision, title, queryText);
  }

  /** This event as part of the group kill that {@code first} began. */
  KernelOomEvent withDecision(FirstVictim first) {
    return with(true, first, title, queryText);
  }

  /** This event with what was read in the victim's own context before it died. */
  KernelOomEvent withDetail(OomRecord.Detail detail) {
    return with(groupKill, decision, detail.title(), detail.queryText());
  }

  private KernelOomEvent with(
      @Nullable Boolean groupKill,
      @Nullable FirstVictim decision,
      @Nullable String title,
      @Nullable String queryText) {
    return new KernelOomEvent(
        bootId,
        source,
        stampNs,
        boottimeNs,
        victim,
        oomScoreAdj,
        memory,
        invoker,
        constraint,
        limit,
        victimCgroup,
        phantom,
        groupKill,
        decision,
        title,
        queryText);
  }
}
