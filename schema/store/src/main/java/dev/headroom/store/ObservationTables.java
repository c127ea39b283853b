package dev.headroom.store;

import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Node;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import dev.headroom.store.copy.CopyTable;
import java.util.List;
import java.util.OptionalLong;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Which column takes what of each observation; the names are those of the migrations. */
final class ObservationTables {

  /** A process with the sample it belongs to. */
  record ProcessRow(Sample sample, ProcessSample process) {}

  static final CopyTable<Node> NODE =
      CopyTable.<Node>named("node")
          .text("node_name", Node::name)
          .text("boot_id", Node::bootId)
          .text("kernel_release", Node::kernelRelease)
          .bigint("memory_total_bytes", Node::memoryTotalBytes)
          .text("capture_source", Node::captureSource)
          .timestamptz("observed_at", Node::observedAt)
          .build();

  static final CopyTable<Instance> INSTANCE =
      CopyTable.<Instance>named("instance")
          .uuid("instance_id", instance -> instance.id().value())
          .text("node_name", Instance::node)
          .text("cgroup_path", Instance::cgroupPath)
          .label("cgroup_version", "cgroup_version", row -> Labels.of(row.cgroupVersion()))
          .text("data_directory", Instance::dataDirectory)
          .integer("port", Instance::port)
          .text("postgres_version", Instance::postgresVersion)
          .jsonb("labels", instance -> Json.ofLabels(instance.labels()))
          .timestamptz("observed_at", Instance::observedAt)
          .build();

  static final CopyTable<Sample> MEMORY_SAMPLE = memorySample();

  static final CopyTable<ProcessRow> PROCESS_SAMPLE =
      CopyTable.<ProcessRow>named("process_sample")
          .timestamptz("sampled_at", row -> row.sample().sampledAt())
          .uuid("instance_id", row -> row.sample().instanceId().value())
          .integer("pid", row -> row.process().pid())
          .bigint("start_ticks", row -> row.process().startTicks())
          .integer("namespace_pid", row -> row.process().namespacePid())
          .label("backend_kind", "backend_kind", row -> Labels.of(row.process().kind()))
          .bool("blockable", row -> row.process().blockable())
          .text("database_name", row -> row.process().database())
          .text("user_name", row -> row.process().user())
          .bigint("statement_number", row -> row.process().statementNumber())
          .bigint("query_id", row -> row.process().queryId())
          .bigint("query_fingerprint", row -> row.process().queryFingerprint())
          .bigint("resident_anon_bytes", row -> row.process().residentAnonBytes())
          .bigint("resident_file_bytes", row -> row.process().residentFileBytes())
          .bigint("resident_shmem_bytes", row -> row.process().residentShmemBytes())
          .bigint("page_tables_bytes", row -> row.process().pageTablesBytes())
          .bigint("swap_bytes", row -> row.process().swapBytes())
          .integer("oom_score_adj", row -> row.process().oomScoreAdj())
          .bigint("guard_allocated_bytes", row -> row.process().guardAllocatedBytes())
          .bigint("guard_allocated_peak_bytes", row -> row.process().guardAllocatedPeakBytes())
          .build();

  static final CopyTable<OomKill> OOM_KILL = oomKill();

  static final CopyTable<InstanceEvent> INSTANCE_EVENT =
      CopyTable.<InstanceEvent>named("instance_event")
          .timestamptz("occurred_at", InstanceEvent::occurredAt)
          .uuid("instance_id", event -> event.instanceId().value())
          .label("kind", "instance_event_kind", event -> Labels.of(event.kind()))
          .bigint("outage_ms", InstanceEvent::outageMs)
          .text("detail", InstanceEvent::detail)
          .build();

  static final CopyTable<GuardEvent> GUARD_EVENT =
      CopyTable.<GuardEvent>named("guard_event")
          .timestamptz("occurred_at", GuardEvent::occurredAt)
          .uuid("instance_id", event -> event.instanceId().value())
          .label("kind", "guard_event_kind", event -> Labels.of(event.kind()))
          .integer("pid", GuardEvent::pid)
          .bigint("statement_number", GuardEvent::statementNumber)
          .label("backend_kind", "backend_kind", event -> Labels.of(event.backendKind()))
          .bigint("query_id", GuardEvent::queryId)
          .text("policy_id", GuardEvent::policyId)
          .bigint("limit_bytes", GuardEvent::limitBytes)
          .bigint("allocated_bytes", GuardEvent::allocatedBytes)
          .bigint("process_allocated_bytes", GuardEvent::processAllocatedBytes)
          .bigint("requested_bytes", GuardEvent::requestedBytes)
          .label(
              "mode", "guard_mode", event -> event.mode() == null ? null : Labels.of(event.mode()))
          .bigint("statement_denials", GuardEvent::statementDenials)
          .text("sql_state", GuardEvent::sqlState)
          .build();

  static final CopyTable<Decision> DECISION =
      CopyTable.<Decision>named("decision")
          .timestamptz("decided_at", Decision::decidedAt)
          .uuid("instance_id", decision -> decision.instanceId().value())
          .text("policy_id", Decision::policyId)
          .bigint("limit_bytes", Decision::limitBytes)
          .label("mode", "guard_mode", decision -> Labels.of(decision.mode()))
          .bool("applied", Decision::applied)
          .text("reason", Decision::reason)
          .jsonb("inputs", decision -> Json.ofInputs(decision.inputs()))
          .bigint("evaluation_ns", Decision::evaluationNs)
          .uuid("rollout_id", Decision::rolloutId)
          .doublePrecision("assignment_probability", Decision::assignmentProbability)
          .build();

  static final CopyTable<CollectorEvent> COLLECTOR_EVENT =
      CopyTable.<CollectorEvent>named("collector_event")
          .timestamptz("occurred_at", CollectorEvent::occurredAt)
          .text("node_name", CollectorEvent::node)
          .uuid("instance_id", event -> uuid(event.instanceId()))
          .label("kind", "collector_event_kind", event -> Labels.of(event.kind()))
          .bigint("event_count", CollectorEvent::count)
          .bigint("duration_ms", CollectorEvent::durationMs)
          .text("detail", CollectorEvent::detail)
          .build();

  private ObservationTables() {}

  private static CopyTable<Sample> memorySample() {
    CopyTable.Builder<Sample> columns =
        CopyTable.<Sample>named("memory_sample")
            .timestamptz("sampled_at", Sample::sampledAt)
            .uuid("instance_id", sample -> sample.instanceId().value())
            .bigint("memory_max_bytes", sample -> limitBytes(sample.memoryMax()))
            .bool("memory_max_unlimited", sample -> isUnlimited(sample.memoryMax()));
    for (Fact fact : Fact.values()) {
      columns.bigint(
          fact.columnName(),
          sample -> {
            OptionalLong value = sample.facts().find(fact);
            return value.isPresent() ? value.getAsLong() : null;
          });
    }
    return columns.build();
  }

  private static CopyTable<OomKill> oomKill() {
    CopyTable.Builder<OomKill> columns =
        CopyTable.<OomKill>named("oom_kill")
            .timestamptz("killed_at", OomKill::killedAt)
            .uuid("kill_id", OomKill::killId)
            .uuid("incident_id", OomKill::incidentId)
            .text("node_name", OomKill::node)
            .uuid("instance_id", kill -> uuid(kill.instanceId()))
            .bigint("boottime_ns", OomKill::boottimeNs)
            .text("capture_source", OomKill::captureSource);
    addProcess(columns, "victim_", OomKill::victim);
    addProcess(columns, "invoker_", OomKill::invoker);
    return columns
        .text("oom_constraint", OomKill::constraint)
        .text("limit_cgroup_path", OomKill::limitCgroupPath)
        .text("victim_cgroup_path", OomKill::victimCgroupPath)
        .bigint("memory_max_bytes", kill -> limitBytes(kill.memoryMax()))
        .bool("memory_max_unlimited", kill -> isUnlimited(kill.memoryMax()))
        .bigint("memory_usage_bytes", OomKill::memoryUsageBytes)
        .bigint("total_vm_bytes", OomKill::totalVmBytes)
        .bigint("anon_bytes", OomKill::anonBytes)
        .bigint("file_bytes", OomKill::fileBytes)
        .bigint("shmem_bytes", OomKill::shmemBytes)
        .bigint("page_tables_bytes", OomKill::pageTablesBytes)
        .integer("oom_score_adj", OomKill::oomScoreAdj)
        .bigint("guard_victim_bytes", OomKill::guardVictimBytes)
        .bigint("guard_instance_bytes", OomKill::guardInstanceBytes)
        .bool("group_kill", OomKill::groupKill)
        .bool("counter_agrees", OomKill::counterAgrees)
        .bigint("victim_statement_number", OomKill::victimStatementNumber)
        .jsonb("victim_memory_contexts", kill -> contexts(kill.victimMemoryContexts()))
        .build();
  }

  private static @Nullable String contexts(@Nullable List<MemoryContext> contexts) {
    return contexts == null ? null : Json.ofContexts(contexts);
  }

  private static void addProcess(
      CopyTable.Builder<OomKill> columns,
      String prefix,
      CopyTable.Getter<OomKill, OomProcess> process) {
    columns
        .integer(prefix + "host_pid", of(process, OomProcess::hostPid))
        .integer(prefix + "namespace_pid", of(process, OomProcess::namespacePid))
        .text(prefix + "comm", of(process, OomProcess::comm))
        .text(prefix + "title", of(process, OomProcess::title))
        .label(prefix + "backend_kind", "backend_kind", of(process, row -> Labels.of(row.kind())))
        .text(prefix + "database_name", of(process, OomProcess::database))
        .text(prefix + "user_name", of(process, OomProcess::user))
        .bigint(prefix + "query_id", of(process, OomProcess::queryId))
        .bigint(prefix + "query_fingerprint", of(process, OomProcess::queryFingerprint))
        .text(prefix + "query_text", of(process, OomProcess::queryText));
  }

  private static <V> CopyTable.Getter<OomKill, V> of(
      CopyTable.Getter<OomKill, OomProcess> process, CopyTable.Getter<OomProcess, V> value) {
    return kill -> {
      OomProcess known = process.of(kill);
      return known == null ? null : value.of(known);
    };
  }

  private static @Nullable UUID uuid(@Nullable InstanceId id) {
    return id == null ? null : id.value();
  }

  private static @Nullable Long limitBytes(@Nullable MemoryLimit limit) {
    return limit instanceof MemoryLimit.Bytes(long bytes) ? bytes : null;
  }

  private static @Nullable Boolean isUnlimited(@Nullable MemoryLimit limit) {
    return limit == null ? null : limit instanceof MemoryLimit.Unlimited;
  }
}
