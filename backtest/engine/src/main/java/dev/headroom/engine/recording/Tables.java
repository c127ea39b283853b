package dev.headroom.engine.recording;

import static dev.headroom.engine.recording.ColumnType.BOOLEAN;
import static dev.headroom.engine.recording.ColumnType.DOUBLE;
import static dev.headroom.engine.recording.ColumnType.INSTANT;
import static dev.headroom.engine.recording.ColumnType.INTEGER;
import static dev.headroom.engine.recording.ColumnType.LONG;
import static dev.headroom.engine.recording.ColumnType.NUMBER_MAP;
import static dev.headroom.engine.recording.ColumnType.TEXT;
import static dev.headroom.engine.recording.ColumnType.TEXT_MAP;
import static dev.headroom.engine.recording.ColumnType.UUID;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The tables of a recording. Numbers and names are for ever.
 *
 * <p>Maps are handed out in the order of their keys: the model's own order changes from one start
 * of the JVM to the next, and the files must not.
 */
final class Tables {

  static final Table<Instance> INSTANCE = instance();
  static final Table<Sample> MEMORY_SAMPLE = memorySample();
  static final Table<ProcessRow> PROCESS_SAMPLE = processSample();
  static final Table<OomKill> OOM_KILL = oomKill();
  static final Table<InstanceEvent> INSTANCE_EVENT = instanceEvent();
  static final Table<GuardEvent> GUARD_EVENT = guardEvent();
  static final Table<Decision> DECISION = decision();

  /** Every table, in ascending order of their numbers. */
  static final List<Table<?>> ALL =
      List.of(
          INSTANCE, MEMORY_SAMPLE, PROCESS_SAMPLE, OOM_KILL, INSTANCE_EVENT, GUARD_EVENT, DECISION);

  private Tables() {}

  /** What a later observation may bring up to date is not hashed: it would change the past. */
  private static Table<Instance> instance() {
    return Table.of(1, "instance", Instance.class)
        .column("instance_id", UUID, row -> row.id().value())
        .column("node_name", TEXT, Instance::node)
        .column("cgroup_path", TEXT, Instance::cgroupPath)
        .column("cgroup_version", TEXT, row -> text(row.cgroupVersion()))
        .column("data_directory", TEXT, Instance::dataDirectory)
        .unhashed("port", INTEGER, Instance::port)
        .unhashed("postgres_version", TEXT, Instance::postgresVersion)
        .unhashed("labels", TEXT_MAP, row -> new TreeMap<>(row.labels()))
        .unhashed("observed_at", INSTANT, Instance::observedAt)
        .build(
            Instance::id,
            Instance::observedAt,
            row ->
                new Instance(
                    instanceId(row),
                    row.getText("node_name"),
                    row.getText("cgroup_path"),
                    constant(row, "cgroup_version", CgroupVersion.class),
                    row.getText("data_directory"),
                    row.nullableInt("port"),
                    row.nullableText("postgres_version"),
                    row.mapOf("labels", String.class),
                    row.getInstant("observed_at")));
  }

  private static Table<Sample> memorySample() {
    Table.Builder<Sample> builder =
        Table.of(2, "memory_sample", Sample.class)
            .unhashed("instance_id", UUID, row -> row.instanceId().value())
            .column("sampled_at", INSTANT, Sample::sampledAt)
            .column("memory_max_bytes", LONG, row -> bytes(row.memoryMax()))
            .column("memory_max_unlimited", BOOLEAN, row -> unlimited(row.memoryMax()));
    for (Fact fact : Fact.values()) {
      builder.column(
          fact.columnName(), LONG, row -> row.facts().has(fact) ? row.facts().get(fact) : null);
    }
    return builder.build(
        Sample::instanceId,
        Sample::sampledAt,
        row ->
            new Sample(
                instanceId(row), row.getInstant("sampled_at"), limit(row), facts(row), List.of()));
  }

  private static Table<ProcessRow> processSample() {
    return Table.of(3, "process_sample", ProcessRow.class)
        .unhashed("instance_id", UUID, row -> row.instanceId().value())
        .column("sampled_at", INSTANT, ProcessRow::sampledAt)
        .column("pid", INTEGER, row -> row.process().pid())
        .column("start_ticks", LONG, row -> row.process().startTicks())
        .column("namespace_pid", INTEGER, row -> row.process().namespacePid())
        .column("backend_kind", TEXT, row -> row.process().kind().description())
        .column("blockable", BOOLEAN, row -> row.process().blockable())
        .column("database_name", TEXT, row -> row.process().database())
        .column("user_name", TEXT, row -> row.process().user())
        .column("statement_number", LONG, row -> row.process().statementNumber())
        .column("query_id", LONG, row -> row.process().queryId())
        .column("query_fingerprint", LONG, row -> row.process().queryFingerprint())
        .column("resident_anon_bytes", LONG, row -> row.process().residentAnonBytes())
        .column("resident_file_bytes", LONG, row -> row.process().residentFileBytes())
        .column("resident_shmem_bytes", LONG, row -> row.process().residentShmemBytes())
        .column("page_tables_bytes", LONG, row -> row.process().pageTablesBytes())
        .column("swap_bytes", LONG, row -> row.process().swapBytes())
        .column("oom_score_adj", INTEGER, row -> row.process().oomScoreAdj())
        .column("guard_allocated_bytes", LONG, row -> row.process().guardAllocatedBytes())
        .column("guard_allocated_peak_bytes", LONG, row -> row.process().guardAllocatedPeakBytes())
        .build(
            ProcessRow::instanceId,
            ProcessRow::sampledAt,
            row ->
                new ProcessRow(
                    instanceId(row),
                    row.getInstant("sampled_at"),
                    new ProcessSample(
                        row.getInt("pid"),
                        row.getLong("start_ticks"),
                        row.nullableInt("namespace_pid"),
                        row.getConstant("backend_kind", BackendKind::find),
                        row.getBoolean("blockable"),
                        row.nullableText("database_name"),
                        row.nullableText("user_name"),
                        row.nullableLong("statement_number"),
                        row.nullableLong("query_id"),
                        row.nullableLong("query_fingerprint"),
                        row.nullableLong("resident_anon_bytes"),
                        row.nullableLong("resident_file_bytes"),
                        row.nullableLong("resident_shmem_bytes"),
                        row.nullableLong("page_tables_bytes"),
                        row.nullableLong("swap_bytes"),
                        row.nullableInt("oom_score_adj"),
                        row.nullableLong("guard_allocated_bytes"),
                        row.nullableLong("guard_allocated_peak_bytes"))));
  }

  private static Table<OomKill> oomKill() {
    Table.Builder<OomKill> builder =
        Table.of(4, "oom_kill", OomKill.class)
            .unhashed("instance_id", UUID, row -> idValue(row.instanceId()))
            .column("killed_at", INSTANT, OomKill::killedAt)
            .column("kill_id", UUID, OomKill::killId)
            .column("incident_id", UUID, OomKill::incidentId)
            .column("node_name", TEXT, OomKill::node)
            .column("boottime_ns", LONG, OomKill::boottimeNs)
            .column("capture_source", TEXT, OomKill::captureSource)
            .column("oom_constraint", TEXT, OomKill::constraint)
            .column("limit_cgroup_path", TEXT, OomKill::limitCgroupPath)
            .column("victim_cgroup_path", TEXT, OomKill::victimCgroupPath)
            .column("memory_max_bytes", LONG, row -> bytes(row.memoryMax()))
            .column("memory_max_unlimited", BOOLEAN, row -> unlimited(row.memoryMax()))
            .column("memory_usage_bytes", LONG, OomKill::memoryUsageBytes)
            .column("total_vm_bytes", LONG, OomKill::totalVmBytes)
            .column("anon_bytes", LONG, OomKill::anonBytes)
            .column("file_bytes", LONG, OomKill::fileBytes)
            .column("shmem_bytes", LONG, OomKill::shmemBytes)
            .column("page_tables_bytes", LONG, OomKill::pageTablesBytes)
            .column("oom_score_adj", INTEGER, OomKill::oomScoreAdj)
            .column("guard_victim_bytes", LONG, OomKill::guardVictimBytes)
            .column("guard_instance_bytes", LONG, OomKill::guardInstanceBytes)
            .column("group_kill", BOOLEAN, OomKill::groupKill)
            .column("counter_agrees", BOOLEAN, OomKill::counterAgrees);
    addProcess(builder, "victim_", OomKill::victim);
    addProcess(builder, "invoker_", OomKill::invoker);
    builder
        .column("victim_statement_number", LONG, OomKill::victimStatementNumber)
        .column("victim_memory_contexts", TEXT, row -> ContextText.of(row.victimMemoryContexts()));
    return builder.build(
        OomKill::instanceId,
        OomKill::killedAt,
        row ->
            new OomKill(
                row.getUuid("kill_id"),
                row.getUuid("incident_id"),
                row.getText("node_name"),
                instanceId(row),
                row.getInstant("killed_at"),
                row.getLong("boottime_ns"),
                row.getText("capture_source"),
                process(row, "victim_"),
                row.nullableInt("invoker_host_pid") == null ? null : process(row, "invoker_"),
                row.nullableText("oom_constraint"),
                row.nullableText("limit_cgroup_path"),
                row.nullableText("victim_cgroup_path"),
                limit(row),
                row.nullableLong("memory_usage_bytes"),
                row.nullableLong("total_vm_bytes"),
                row.nullableLong("anon_bytes"),
                row.nullableLong("file_bytes"),
                row.nullableLong("shmem_bytes"),
                row.nullableLong("page_tables_bytes"),
                row.nullableInt("oom_score_adj"),
                row.nullableLong("guard_victim_bytes"),
                row.nullableLong("guard_instance_bytes"),
                row.nullableBoolean("group_kill"),
                row.nullableBoolean("counter_agrees"),
                row.nullableLong("victim_statement_number"),
                row.nullableContexts("victim_memory_contexts")));
  }

  private static void addProcess(
      Table.Builder<OomKill> builder, String prefix, Function<OomKill, @Nullable OomProcess> of) {
    builder
        .column(prefix + "host_pid", INTEGER, inProcess(of, OomProcess::hostPid))
        .column(prefix + "namespace_pid", INTEGER, inProcess(of, OomProcess::namespacePid))
        .column(prefix + "comm", TEXT, inProcess(of, OomProcess::comm))
        .unhashed(prefix + "title", TEXT, inProcess(of, OomProcess::title))
        .column(
            prefix + "backend_kind", TEXT, inProcess(of, process -> process.kind().description()))
        .column(prefix + "database_name", TEXT, inProcess(of, OomProcess::database))
        .column(prefix + "user_name", TEXT, inProcess(of, OomProcess::user))
        .column(prefix + "query_id", LONG, inProcess(of, OomProcess::queryId))
        .column(prefix + "query_fingerprint", LONG, inProcess(of, OomProcess::queryFingerprint))
        .unhashed(prefix + "query_text", TEXT, inProcess(of, OomProcess::queryText));
  }

  private static Function<OomKill, @Nullable Object> inProcess(
      Function<OomKill, @Nullable OomProcess> of, Function<OomProcess, @Nullable Object> value) {
    return row -> {
      OomProcess process = of.apply(row);
      return process == null ? null : value.apply(process);
    };
  }

  private static OomProcess process(Row row, String prefix) {
    return new OomProcess(
        row.getInt(prefix + "host_pid"),
        row.nullableInt(prefix + "namespace_pid"),
        row.getText(prefix + "comm"),
        row.nullableText(prefix + "title"),
        row.getConstant(prefix + "backend_kind", BackendKind::find),
        row.nullableText(prefix + "database_name"),
        row.nullableText(prefix + "user_name"),
        row.nullableLong(prefix + "query_id"),
        row.nullableLong(prefix + "query_fingerprint"),
        row.nullableText(prefix + "query_text"));
  }

  private static Table<InstanceEvent> instanceEvent() {
    return Table.of(5, "instance_event", InstanceEvent.class)
        .unhashed("instance_id", UUID, row -> row.instanceId().value())
        .column("occurred_at", INSTANT, InstanceEvent::occurredAt)
        .column("kind", TEXT, row -> text(row.kind()))
        .column("outage_ms", LONG, InstanceEvent::outageMs)
        .unhashed("detail", TEXT, InstanceEvent::detail)
        .build(
            InstanceEvent::instanceId,
            InstanceEvent::occurredAt,
            row ->
                new InstanceEvent(
                    instanceId(row),
                    row.getInstant("occurred_at"),
                    constant(row, "kind", InstanceEvent.Kind.class),
                    row.nullableLong("outage_ms"),
                    row.nullableText("detail")));
  }

  private static Table<GuardEvent> guardEvent() {
    return Table.of(6, "guard_event", GuardEvent.class)
        .unhashed("instance_id", UUID, row -> row.instanceId().value())
        .column("occurred_at", INSTANT, GuardEvent::occurredAt)
        .column("kind", TEXT, row -> text(row.kind()))
        .column("pid", INTEGER, GuardEvent::pid)
        .column("statement_number", LONG, GuardEvent::statementNumber)
        .column("backend_kind", TEXT, row -> row.backendKind().description())
        .column("query_id", LONG, GuardEvent::queryId)
        .column("policy_id", TEXT, GuardEvent::policyId)
        .column("limit_bytes", LONG, GuardEvent::limitBytes)
        .column("allocated_bytes", LONG, GuardEvent::allocatedBytes)
        .column("process_allocated_bytes", LONG, GuardEvent::processAllocatedBytes)
        .column("requested_bytes", LONG, GuardEvent::requestedBytes)
        .column("mode", TEXT, row -> row.mode() == null ? null : text(row.mode()))
        .column("statement_denials", LONG, GuardEvent::statementDenials)
        .column("sql_state", TEXT, GuardEvent::sqlState)
        .build(
            GuardEvent::instanceId,
            GuardEvent::occurredAt,
            row ->
                new GuardEvent(
                    instanceId(row),
                    row.getInstant("occurred_at"),
                    constant(row, "kind", GuardEvent.Kind.class),
                    row.getInt("pid"),
                    row.nullableLong("statement_number"),
                    row.getConstant("backend_kind", BackendKind::find),
                    row.nullableLong("query_id"),
                    row.nullableText("policy_id"),
                    row.nullableLong("limit_bytes"),
                    row.nullableLong("allocated_bytes"),
                    row.nullableLong("process_allocated_bytes"),
                    row.nullableLong("requested_bytes"),
                    row.nullableText("mode") == null
                        ? null
                        : constant(row, "mode", GuardMode.class),
                    row.nullableLong("statement_denials"),
                    row.nullableText("sql_state")));
  }

  private static Table<Decision> decision() {
    return Table.of(7, "decision", Decision.class)
        .unhashed("instance_id", UUID, row -> row.instanceId().value())
        .column("decided_at", INSTANT, Decision::decidedAt)
        .column("policy_id", TEXT, Decision::policyId)
        .column("limit_bytes", LONG, Decision::limitBytes)
        .column("mode", TEXT, row -> text(row.mode()))
        .column("applied", BOOLEAN, Decision::applied)
        .column("reason", TEXT, Decision::reason)
        .column("inputs", NUMBER_MAP, row -> new TreeMap<>(row.inputs()))
        .column("evaluation_ns", LONG, Decision::evaluationNs)
        .column("rollout_id", UUID, Decision::rolloutId)
        .column("assignment_probability", DOUBLE, Decision::assignmentProbability)
        .build(
            Decision::instanceId,
            Decision::decidedAt,
            row ->
                new Decision(
                    instanceId(row),
                    row.getInstant("decided_at"),
                    row.getText("policy_id"),
                    row.nullableLong("limit_bytes"),
                    constant(row, "mode", GuardMode.class),
                    row.getBoolean("applied"),
                    row.nullableText("reason"),
                    row.mapOf("inputs", Double.class),
                    row.nullableLong("evaluation_ns"),
                    row.nullableUuid("rollout_id"),
                    row.nullableDouble("assignment_probability")));
  }

  private static InstanceId instanceId(Row row) {
    return new InstanceId(row.getUuid("instance_id"));
  }

  private static java.util.@Nullable UUID idValue(@Nullable InstanceId id) {
    return id == null ? null : id.value();
  }

  private static @Nullable Long bytes(@Nullable MemoryLimit limit) {
    return limit instanceof MemoryLimit.Bytes(long bytes) ? bytes : null;
  }

  private static @Nullable Boolean unlimited(@Nullable MemoryLimit limit) {
    return limit == null ? null : limit instanceof MemoryLimit.Unlimited;
  }

  private static @Nullable MemoryLimit limit(Row row) {
    if (Boolean.TRUE.equals(row.nullableBoolean("memory_max_unlimited"))) {
      return MemoryLimit.UNLIMITED;
    }
    Long bytes = row.nullableLong("memory_max_bytes");
    return bytes == null ? null : MemoryLimit.ofBytes(bytes);
  }

  private static Facts facts(Row row) {
    Facts.Builder facts = Facts.builder();
    for (Fact fact : Fact.values()) {
      Long value = row.nullableLong(fact.columnName());
      if (value != null) {
        facts.set(fact, value);
      }
    }
    return facts.build();
  }

  private static String text(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static <E extends Enum<E>> E constant(Row row, String column, Class<E> type) {
    return row.getConstant(
        column,
        name ->
            Arrays.stream(type.getEnumConstants())
                .filter(constant -> text(constant).equals(name))
                .findFirst());
  }
}
