package dev.headroom.model;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One victim of the kernel's OOM killer. The key is {@code killId}, which follows from the node's
 * boot and the victim, so a kill that is delivered twice is stored once.
 *
 * @param killId names the kill
 * @param incidentId names the decision of the killer: all victims of one group kill share it
 * @param node where
 * @param instanceId the instance that lost a process; absent when the victim belonged to none
 * @param killedAt the kernel's time on the wall clock, to the microsecond
 * @param boottimeNs the kernel's time, {@code CLOCK_BOOTTIME}
 * @param captureSource how the kernel told it, such as {@code tp_btf}
 * @param victim who was killed
 * @param invoker whose allocation woke the killer; absent when the source does not say
 * @param constraint why the killer ran, such as {@code memcg}; absent when the source does not say
 * @param limitCgroupPath the cgroup whose limit was hit
 * @param victimCgroupPath the cgroup the victim was in
 * @param memoryMax the limit that was hit
 * @param memoryUsageBytes usage of that cgroup at the kill
 * @param totalVmBytes the victim's address space
 * @param anonBytes the victim's resident anonymous memory
 * @param fileBytes the victim's resident file memory
 * @param shmemBytes the victim's resident shared memory
 * @param pageTablesBytes the victim's page tables
 * @param oomScoreAdj the victim's, -1000 to 1000
 * @param guardVictimBytes the guard's account of the victim
 * @param guardInstanceBytes the guard's account of the instance
 * @param groupKill whether the whole cgroup was killed by one decision; absent when unknown
 * @param counterAgrees whether the kernel's own counter grew by as many kills as were captured;
 *     absent when it could not be read
 * @param victimStatementNumber the statement that the guard saw the victim in; absent without a
 *     guard, and of an idle victim
 * @param victimMemoryContexts the victim's largest memory contexts when the guard last looked,
 *     largest first; absent when it never did
 */
public record OomKill(
    UUID killId,
    UUID incidentId,
    String node,
    @Nullable InstanceId instanceId,
    Instant killedAt,
    long boottimeNs,
    String captureSource,
    OomProcess victim,
    @Nullable OomProcess invoker,
    @Nullable String constraint,
    @Nullable String limitCgroupPath,
    @Nullable String victimCgroupPath,
    @Nullable MemoryLimit memoryMax,
    @Nullable Long memoryUsageBytes,
    @Nullable Long totalVmBytes,
    @Nullable Long anonBytes,
    @Nullable Long fileBytes,
    @Nullable Long shmemBytes,
    @Nullable Long pageTablesBytes,
    @Nullable Integer oomScoreAdj,
    @Nullable Long guardVictimBytes,
    @Nullable Long guardInstanceBytes,
    @Nullable Boolean groupKill,
    @Nullable Boolean counterAgrees,
    @Nullable Long victimStatementNumber,
    @Nullable List<MemoryContext> victimMemoryContexts)
    implements Observation {

  public OomKill {
    victimMemoryContexts = victimMemoryContexts == null ? null : List.copyOf(victimMemoryContexts);
  }

  /** A kill of which only is known what every source tells. */
  public static OomKill of(
      UUID killId,
      UUID incidentId,
      String node,
      @Nullable InstanceId instanceId,
      Instant killedAt,
      long boottimeNs,
      String captureSource,
      OomProcess victim) {
    return new OomKill(
        killId,
        incidentId,
        node,
        instanceId,
        killedAt,
        boottimeNs,
        captureSource,
        victim,
        null, // invoker
        null, // constraint
        null, // limitCgroupPath
        null, // victimCgroupPath
        null, // memoryMax
        null, // memoryUsageBytes
        null, // totalVmBytes
        null, // anonBytes
        null, // fileBytes
        null, // shmemBytes
        null, // pageTablesBytes
        null, // oomScoreAdj
        null, // guardVictimBytes
        null, // guardInstanceBytes
        null, // groupKill
        null, // counterAgrees
        null, // victimStatementNumber
        null); // victimMemoryContexts
  }
}
