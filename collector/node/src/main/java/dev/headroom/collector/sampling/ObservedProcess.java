package dev.headroom.collector.sampling;

import dev.headroom.collector.postgres.Statement;
import dev.headroom.collector.proc.ProcessKey;
import dev.headroom.model.BackendKind;
import dev.headroom.model.InstanceId;
import dev.headroom.model.ProcessSample;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was last seen of a process: its part of a sample, and what a sample does not keep but a kill
 * needs.
 *
 * @param instanceId whose cgroup it is in
 * @param comm the kernel's 15-byte name
 * @param title its command line; absent when it has none
 * @param sample what was sampled
 * @param leaderNamespacePid of a parallel worker: the client backend it works for, as the server
 *     sees it
 * @param statementNumber of its latest statement, running or not
 * @param statement what it runs; absent while it is idle
 * @param lastStatementText what it runs or, while it is idle, ran last; absent when not known
 */
public record ObservedProcess(
    InstanceId instanceId,
    String comm,
    @Nullable String title,
    ProcessSample sample,
    @Nullable Integer leaderNamespacePid,
    long statementNumber,
    @Nullable Statement statement,
    @Nullable String lastStatementText) {

  public ProcessKey key() {
    return new ProcessKey(sample.pid(), sample.startTicks());
  }

  /** This process with database and user of the backend it works for. */
  ObservedProcess withLeader(Map<Integer, ObservedProcess> byNamespacePid) {
    @Nullable ObservedProcess leader =
        leaderNamespacePid == null ? null : byNamespacePid.get(leaderNamespacePid);
    if (sample.kind() != BackendKind.PARALLEL_WORKER || leader == null) {
      return this;
    }
    ProcessSample led =
        new ProcessSample(
            sample.pid(),
            sample.startTicks(),
            sample.namespacePid(),
            sample.kind(),
            sample.blockable(),
            leader.sample().database(),
            leader.sample().user(),
            sample.statementNumber(),
            sample.queryId(),
            sample.queryFingerprint(),
            sample.residentAnonBytes(),
            sample.residentFileBytes(),
            sample.residentShmemBytes(),
            sample.pageTablesBytes(),
            sample.swapBytes(),
            sample.oomScoreAdj(),
            sample.guardAllocatedBytes(),
            sample.guardAllocatedPeakBytes());
    return new ObservedProcess(
        instanceId,
        comm,
        title,
        led,
        leaderNamespacePid,
        statementNumber,
        statement,
        lastStatementText);
  }
}
