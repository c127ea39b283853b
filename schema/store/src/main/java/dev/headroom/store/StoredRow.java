package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.OOM_KILL;

import dev.headroom.model.BackendKind;
import dev.headroom.model.BacktestKill;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.Verdict;
import dev.headroom.store.jooq.tables.records.BacktestKillRecord;
import dev.headroom.store.jooq.tables.records.BacktestRunRecord;
import dev.headroom.store.jooq.tables.records.DecisionRecord;
import dev.headroom.store.jooq.tables.records.GuardEventRecord;
import dev.headroom.store.jooq.tables.records.InstanceEventRecord;
import dev.headroom.store.jooq.tables.records.InstanceRecord;
import dev.headroom.store.jooq.tables.records.OomKillRecord;
import java.util.UUID;
import org.jooq.EnumType;
import org.jspecify.annotations.Nullable;

/** Rows as the model knows them; the way back from {@link ObservationTables}. */
final class StoredRow {

  private StoredRow() {}

  static Instance instance(InstanceRecord row) {
    return new Instance(
        new InstanceId(row.getInstanceId()),
        row.getNodeName(),
        row.getCgroupPath(),
        constant(CgroupVersion.class, row.getCgroupVersion()),
        row.getDataDirectory(),
        row.getPort(),
        row.getPostgresVersion(),
        Json.labels(row.getLabels().data()),
        row.getObservedAt().toInstant());
  }

  static OomKill kill(OomKillRecord row) {
    return new OomKill(
        row.getKillId(),
        row.getIncidentId(),
        row.getNodeName(),
        instanceId(row.getInstanceId()),
        row.getKilledAt().toInstant(),
        row.getBoottimeNs(),
        row.getCaptureSource(),
        process(row, "victim_"),
        row.getInvokerHostPid() == null ? null : process(row, "invoker_"),
        row.getOomConstraint(),
        row.getLimitCgroupPath(),
        row.getVictimCgroupPath(),
        memoryLimit(row.getMemoryMaxBytes(), row.getMemoryMaxUnlimited()),
        row.getMemoryUsageBytes(),
        row.getTotalVmBytes(),
        row.getAnonBytes(),
        row.getFileBytes(),
        row.getShmemBytes(),
        row.getPageTablesBytes(),
        row.getOomScoreAdj(),
        row.getGuardVictimBytes(),
        row.getGuardInstanceBytes(),
        row.getGroupKill(),
        row.getCounterAgrees(),
        row.getVictimStatementNumber(),
        row.getVictimMemoryContexts() == null
            ? null
            : Json.contexts(row.getVictimMemoryContexts().data()));
  }

  static InstanceEvent instanceEvent(InstanceEventRecord row) {
    return new InstanceEvent(
        new InstanceId(row.getInstanceId()),
        row.getOccurredAt().toInstant(),
        constant(InstanceEvent.Kind.class, row.getKind()),
        row.getOutageMs(),
        row.getDetail());
  }

  static GuardEvent guardEvent(GuardEventRecord row) {
    return new GuardEvent(
        new InstanceId(row.getInstanceId()),
        row.getOccurredAt().toInstant(),
        constant(GuardEvent.Kind.class, row.getKind()),
        row.getPid(),
        row.getStatementNumber(),
        constant(BackendKind.class, row.getBackendKind()),
        row.getQueryId(),
        row.getPolicyId(),
        row.getLimitBytes(),
        row.getAllocatedBytes(),
        row.getProcessAllocatedBytes(),
        row.getRequestedBytes(),
        row.getMode() == null ? null : constant(GuardMode.class, row.getMode()),
        row.getStatementDenials(),
        row.getSqlState());
  }

  static Decision decision(DecisionRecord row) {
    return new Decision(
        new InstanceId(row.getInstanceId()),
        row.getDecidedAt().toInstant(),
        row.getPolicyId(),
        row.getLimitBytes(),
        constant(GuardMode.class, row.getMode()),
        row.getApplied(),
        row.getReason(),
        Json.inputs(row.getInputs().data()),
        row.getEvaluationNs(),
        row.getRolloutId(),
        row.getAssignmentProbability());
  }

  static BacktestRun backtestRun(BacktestRunRecord row) {
    return new BacktestRun(
        row.getRunId(),
        row.getKind(),
        row.getStartedAt().toInstant(),
        row.getRecordingName(),
        row.getRecordingHash(),
        row.getEngineVersion(),
        row.getManifest().data(),
        row.getResult().data());
  }

  static BacktestKill backtestKill(BacktestKillRecord row) {
    return new BacktestKill(
        row.getRunId(),
        row.getPolicyName(),
        row.getKillId(),
        constant(Verdict.class, row.getVerdict()),
        constant(Verdict.class, row.getPessimisticVerdict()),
        row.getLimitBytes(),
        row.getReliefBytes(),
        row.getLeadMs());
  }

  /** The limit that two columns say: bytes, unlimited, or neither. */
  static @Nullable MemoryLimit memoryLimit(@Nullable Long bytes, @Nullable Boolean unlimited) {
    if (bytes != null) {
      return MemoryLimit.ofBytes(bytes);
    }
    return unlimited == null ? null : MemoryLimit.UNLIMITED;
  }

  private static OomProcess process(OomKillRecord row, String prefix) {
    return new OomProcess(
        get(row, prefix + "host_pid", Integer.class),
        find(row, prefix + "namespace_pid", Integer.class),
        get(row, prefix + "comm", String.class),
        find(row, prefix + "title", String.class),
        Labels.get(BackendKind.class, get(row, prefix + "backend_kind", String.class)),
        find(row, prefix + "database_name", String.class),
        find(row, prefix + "user_name", String.class),
        find(row, prefix + "query_id", Long.class),
        find(row, prefix + "query_fingerprint", Long.class),
        find(row, prefix + "query_text", String.class));
  }

  private static <V> V get(OomKillRecord row, String column, Class<V> type) {
    V value = find(row, column, type);
    if (value == null) {
      throw new IllegalStateException(
          "kill " + row.getKillId() + " has no " + column + ", though its process is known");
    }
    return value;
  }

  private static <V> @Nullable V find(OomKillRecord row, String column, Class<V> type) {
    return row.get(OOM_KILL.field(column), type);
  }

  private static @Nullable InstanceId instanceId(@Nullable UUID value) {
    return value == null ? null : new InstanceId(value);
  }

  private static <E extends Enum<E>> E constant(Class<E> type, EnumType label) {
    return Labels.get(type, label.getLiteral());
  }
}
