package dev.headroom.store;

import static dev.headroom.store.jooq.Tables.OOM_KILL;
import static dev.headroom.store.jooq.Tables.PROCESS_SAMPLE;

import dev.headroom.model.OomKill;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Field;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** Everything that is known of one decision of the OOM killer. Safe for use by several threads. */
public final class IncidentStore {

  private static final String TIME_LIMIT = "SET LOCAL statement_timeout = '10s'";
  private static final int MOST_PROCESSES = 200;
  private static final int AROUND_S = 120;

  private static final String LAST_SAMPLE =
      "SELECT * FROM headroom.memory_sample WHERE instance_id = ?::uuid AND sampled_at <= ?::timestamptz"
          + " AND sampled_at > ?::timestamptz - interval '10 minutes' ORDER BY sampled_at DESC LIMIT 1";

  private static final String EVENTS =
      """
      SELECT occurred_at, kind::text AS kind, outage_ms, detail FROM headroom.instance_event
      WHERE instance_id = ?::uuid AND occurred_at >= ?::timestamptz AND occurred_at <= ?::timestamptz
      ORDER BY occurred_at LIMIT 100
      """;

  // The newest verdict of each policy by name: later runs know more.
  private static final String VERDICTS =
      """
      SELECT DISTINCT ON (k.kill_id, k.policy_name) k.kill_id, k.policy_name, k.verdict::text AS verdict,
        k.pessimistic_verdict::text AS pessimistic_verdict, k.limit_bytes, k.relief_bytes, k.lead_ms, r.run_id, r.started_at
      FROM headroom.backtest_kill AS k JOIN headroom.backtest_run AS r USING (run_id)
      WHERE k.kill_id = ANY (?::uuid[])
      ORDER BY k.kill_id, k.policy_name, r.started_at DESC
      """;

  private final DataSource dataSource;

  public IncidentStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** A process of the instance at the last sample before the kill. */
  public record ProcessRow(
      int pid,
      String kind,
      boolean blockable,
      @Nullable String database,
      @Nullable String user,
      @Nullable Long statementNumber,
      @Nullable Long residentAnonBytes,
      @Nullable Long residentShmemBytes,
      @Nullable Long pageTablesBytes,
      @Nullable Long guardAllocatedBytes,
      @Nullable Long guardAllocatedPeakBytes) {}

  /** What a policy would have done about a kill. */
  public record VerdictRow(
      UUID killId,
      String policy,
      String verdict,
      String pessimisticVerdict,
      @Nullable Long limitBytes,
      long reliefBytes,
      @Nullable Long leadMs,
      UUID runId,
      Instant judgedAt) {}

  /**
   * An incident.
   *
   * @param sampledAt the last sample before it; absent when there is none within ten minutes
   * @param memory that sample's facts in their units, by column; absent ones are left out
   */
  public record Incident(
      UUID incidentId,
      List<OomKill> kills,
      @Nullable Instant sampledAt,
      Map<String, Long> memory,
      List<ProcessRow> processes,
      List<TimelineStore.LifeMark> instanceEvents,
      List<VerdictRow> verdicts) {}

  /** The incident of this id, or the one that this kill belongs to. */
  public Optional<Incident> find(UUID incidentOrKill) {
    return Transaction.read(
        dataSource,
        "reading incident " + incidentOrKill,
        connection -> find(Transaction.sql(connection), incidentOrKill));
  }

  private static Optional<Incident> find(DSLContext sql, UUID id) {
    sql.execute(TIME_LIMIT);
    List<OomKill> kills =
        sql.selectFrom(OOM_KILL)
            .where(OOM_KILL.INCIDENT_ID.eq(id))
            .or(OOM_KILL.KILL_ID.eq(id))
            .orderBy(OOM_KILL.KILLED_AT, OOM_KILL.KILL_ID)
            .limit(MOST_PROCESSES)
            .fetch(StoredRow::kill);
    if (kills.isEmpty()) {
      return Optional.empty();
    }
    OomKill first = kills.getFirst();
    Map<String, Long> memory = new LinkedHashMap<>();
    @Nullable Instant sampledAt = null;
    List<ProcessRow> processes = List.of();
    List<TimelineStore.LifeMark> events = List.of();
    if (first.instanceId() != null) {
      UUID instance = first.instanceId().value();
      OffsetDateTime killedAt = first.killedAt().atOffset(ZoneOffset.UTC);
      @Nullable Record sample = sql.fetchOne(LAST_SAMPLE, instance, killedAt, killedAt);
      if (sample != null) {
        OffsetDateTime at = sample.get("sampled_at", OffsetDateTime.class);
        sampledAt = at.toInstant();
        for (Field<?> field : sample.fields()) {
          if (sample.get(field) instanceof Long value) {
            memory.put(field.getName(), value);
          }
        }
        processes = processes(sql, instance, at);
      }
      events =
          sql.fetch(
                  EVENTS, instance, killedAt.minusSeconds(AROUND_S), killedAt.plusSeconds(AROUND_S))
              .map(row ->
                  new TimelineStore.LifeMark(
                      row.get("occurred_at", OffsetDateTime.class).toInstant(),
                      row.get("kind", String.class),
                      row.get("outage_ms", Long.class),
                      row.get("detail", String.class)));
    }
    UUID[] ids = kills.stream().map(OomKill::killId).toArray(UUID[]::new);
    List<VerdictRow> verdicts = sql.fetch(VERDICTS, (Object) ids).map(IncidentStore::verdict);
    return Optional.of(
        new Incident(first.incidentId(), kills, sampledAt, memory, processes, events, verdicts));
  }

  private static List<ProcessRow> processes(DSLContext sql, UUID instance, OffsetDateTime at) {
    return sql.selectFrom(PROCESS_SAMPLE)
        .where(PROCESS_SAMPLE.INSTANCE_ID.eq(instance))
        .and(PROCESS_SAMPLE.SAMPLED_AT.eq(at))
        .orderBy(
            PROCESS_SAMPLE.GUARD_ALLOCATED_BYTES.desc().nullsLast(),
            PROCESS_SAMPLE.RESIDENT_ANON_BYTES.desc().nullsLast())
        .limit(MOST_PROCESSES)
        .fetch(row ->
            new ProcessRow(
                row.getPid(),
                row.getBackendKind().getLiteral(),
                row.getBlockable(),
                row.getDatabaseName(),
                row.getUserName(),
                row.getStatementNumber(),
                row.getResidentAnonBytes(),
                row.getResidentShmemBytes(),
                row.getPageTablesBytes(),
                row.getGuardAllocatedBytes(),
                row.getGuardAllocatedPeakBytes()));
  }

  private static VerdictRow verdict(Record row) {
    return new VerdictRow(
        row.get("kill_id", UUID.class),
        row.get("policy_name", String.class),
        row.get("verdict", String.class),
        row.get("pessimistic_verdict", String.class),
        row.get("limit_bytes", Long.class),
        row.get("relief_bytes", Long.class),
        row.get("lead_ms", Long.class),
        row.get("run_id", UUID.class),
        row.get("started_at", OffsetDateTime.class).toInstant());
  }
}
