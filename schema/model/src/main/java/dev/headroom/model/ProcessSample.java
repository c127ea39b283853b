package dev.headroom.model;

import org.jspecify.annotations.Nullable;

/**
 * What was read about one process of an instance at the moment of its sample.
 *
 * @param pid the process as the node sees it
 * @param startTicks when it started, in clock ticks since boot (field 22 of {@code
 *     /proc/<pid>/stat}); pid and start name a process for ever
 * @param namespacePid the pid inside its own pid namespace, when it has one of its own or it is
 *     known
 * @param kind what the process is for
 * @param blockable whether a guard may refuse it; follows the kind unless the guard itself said
 *     otherwise
 * @param database connected to, when known
 * @param user connected as, when known
 * @param statementNumber counts the statements of this process; absent while it is idle
 * @param queryId Postgres's own query identifier, where the guard supplied it
 * @param queryFingerprint a hash of the statement without its literals, when the text could be read
 * @param residentAnonBytes RssAnon
 * @param residentFileBytes RssFile
 * @param residentShmemBytes RssShmem
 * @param pageTablesBytes VmPTE
 * @param swapBytes VmSwap
 * @param oomScoreAdj -1000 to 1000
 * @param guardAllocatedBytes the guard's account of the process; absent without a guard
 * @param guardAllocatedPeakBytes the guard's watermark since the sample before
 */
public record ProcessSample(
    int pid,
    long startTicks,
    @Nullable Integer namespacePid,
    BackendKind kind,
    boolean blockable,
    @Nullable String database,
    @Nullable String user,
    @Nullable Long statementNumber,
    @Nullable Long queryId,
    @Nullable Long queryFingerprint,
    @Nullable Long residentAnonBytes,
    @Nullable Long residentFileBytes,
    @Nullable Long residentShmemBytes,
    @Nullable Long pageTablesBytes,
    @Nullable Long swapBytes,
    @Nullable Integer oomScoreAdj,
    @Nullable Long guardAllocatedBytes,
    @Nullable Long guardAllocatedPeakBytes) {

  /** The same process with another watermark of the guard. */
  public ProcessSample withGuardAllocatedPeakBytes(long peakBytes) {
    return new ProcessSample(
        pid,
        startTicks,
        namespacePid,
        kind,
        blockable,
        database,
        user,
        statementNumber,
        queryId,
        queryFingerprint,
        residentAnonBytes,
        residentFileBytes,
        residentShmemBytes,
        pageTablesBytes,
        swapBytes,
        oomScoreAdj,
        guardAllocatedBytes,
        peakBytes);
  }
}
