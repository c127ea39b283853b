package dev.headroom.store;

import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * One instance's memory, limits and events over a range, in as many buckets as a picture has room
 * for. A bucket never holds an average, which would hide the spike that kills. Wide buckets come
 * from rollups, so the cost is bounded whatever the range. Safe for use by several threads.
 */
public final class TimelineStore {

  private static final String TIME_LIMIT = "SET LOCAL statement_timeout = '10s'";
  private static final int MOST_MARKS = 2_000;

  private static final List<Duration> WIDTHS =
      List.of(
          Duration.ofMillis(100),
          Duration.ofMillis(200),
          Duration.ofMillis(500),
          Duration.ofSeconds(1),
          Duration.ofSeconds(2),
          Duration.ofSeconds(5),
          Duration.ofSeconds(10),
          Duration.ofSeconds(15),
          Duration.ofSeconds(30),
          Duration.ofMinutes(1),
          Duration.ofMinutes(2),
          Duration.ofMinutes(5),
          Duration.ofMinutes(10),
          Duration.ofMinutes(15),
          Duration.ofMinutes(30),
          Duration.ofHours(1),
          Duration.ofHours(2),
          Duration.ofHours(3),
          Duration.ofHours(6),
          Duration.ofHours(12),
          Duration.ofDays(1),
          Duration.ofDays(7));

  /** What a bucket says, each in bytes. */
  private static final List<String> COLUMNS =
      List.of(
          "shmem_bytes",
          "page_tables_bytes",
          "kernel_bytes",
          "query_bytes",
          "retained_bytes",
          "file_bytes",
          "memory_max_bytes",
          "memory_current_min_bytes",
          "memory_current_max_bytes",
          "guard_allocated_peak_bytes",
          "guard_limit_min_bytes",
          "guard_limit_max_bytes");

  // All layers of a bucket are of one moment, the one at which most was held, so that they add up.
  private static final String FROM_SAMPLES =
      """
      SELECT DISTINCT ON (bucket) bucket, shmem_bytes, page_tables_bytes, kernel_bytes, query_bytes, retained_bytes,
        file_bytes, memory_max_bytes,
        min(memory_current_bytes) OVER w AS memory_current_min_bytes,
        max(memory_current_bytes) OVER w AS memory_current_max_bytes,
        max(guard_allocated_peak_bytes) OVER w AS guard_allocated_peak_bytes,
        min(guard_limit_bytes) OVER w AS guard_limit_min_bytes, max(guard_limit_bytes) OVER w AS guard_limit_max_bytes,
        count(*) OVER w AS sample_count
      FROM (
        SELECT date_bin(?::interval, sampled_at, '2000-01-01 00:00+00') AS bucket, memory_max_bytes, memory_current_bytes,
          guard_allocated_peak_bytes, guard_limit_bytes, %s
        FROM headroom.memory_sample WHERE instance_id = ?::uuid AND sampled_at >= ?::timestamptz AND sampled_at < ?::timestamptz) AS s
      WINDOW w AS (PARTITION BY bucket)
      ORDER BY bucket, coalesce(shmem_bytes, 0) + coalesce(page_tables_bytes, 0) + coalesce(kernel_bytes, 0)
        + coalesce(query_bytes, 0) + coalesce(retained_bytes, 0) DESC
      """
          .formatted(layers(""));

  // A rollup knows each fact's own maximum only: the layers of a bucket may be of different
  // moments.
  private static final String FROM_ROLLUP =
      """
      SELECT date_bin(?::interval, bucket_at, '2000-01-01 00:00+00') AS bucket,
        max(shmem_bytes) AS shmem_bytes, max(page_tables_bytes) AS page_tables_bytes, max(kernel_bytes) AS kernel_bytes,
        max(query_bytes) AS query_bytes, max(retained_bytes) AS retained_bytes, max(file_bytes) AS file_bytes,
        max(memory_max_bytes) AS memory_max_bytes, min(current_min) AS memory_current_min_bytes,
        max(current_max) AS memory_current_max_bytes, max(peak) AS guard_allocated_peak_bytes,
        min(limit_min) AS guard_limit_min_bytes, max(limit_max) AS guard_limit_max_bytes,
        sum(sample_count)::bigint AS sample_count
      FROM (
        SELECT bucket_at, sample_count, memory_max_bytes_max AS memory_max_bytes,
          memory_current_bytes_min AS current_min, memory_current_bytes_max AS current_max,
          guard_allocated_peak_bytes_max AS peak, guard_limit_bytes_min AS limit_min, guard_limit_bytes_max AS limit_max,
          %s
        FROM headroom.%s WHERE instance_id = ?::uuid AND bucket_at >= ?::timestamptz AND bucket_at < ?::timestamptz) AS s
      GROUP BY 1 ORDER BY 1
      """;

  private static final String DECISIONS_FROM_ROLLUP =
      """
      SELECT date_bin(?::interval, bucket_at, '2000-01-01 00:00+00') AS bucket, policy_id,
        min(limit_bytes_min) AS limit_min_bytes, max(limit_bytes_max) AS limit_max_bytes,
        (array_agg(limit_bytes_last ORDER BY bucket_at DESC) FILTER (WHERE limit_bytes_last IS NOT NULL))[1] AS limit_last_bytes,
        sum(no_decision_count)::bigint AS no_decisions,
        (array_agg(mode_last ORDER BY bucket_at DESC))[1]::text AS mode
      FROM headroom.%s WHERE instance_id = ?::uuid AND bucket_at >= ?::timestamptz AND bucket_at < ?::timestamptz
      GROUP BY 1, 2 ORDER BY 2, 1
      """;

  private static final String DECISIONS =
      """
      SELECT date_bin(?::interval, decided_at, '2000-01-01 00:00+00') AS bucket, policy_id,
        min(limit_bytes) AS limit_min_bytes, max(limit_bytes) AS limit_max_bytes,
        (array_agg(limit_bytes ORDER BY decided_at DESC) FILTER (WHERE limit_bytes IS NOT NULL))[1] AS limit_last_bytes,
        count(*) - count(limit_bytes) AS no_decisions, (array_agg(mode ORDER BY decided_at DESC))[1]::text AS mode
      FROM headroom.decision WHERE instance_id = ?::uuid AND decided_at >= ?::timestamptz AND decided_at < ?::timestamptz
      GROUP BY 1, 2 ORDER BY 2, 1
      """;

  private static final String KILLS =
      """
      SELECT killed_at, kill_id, incident_id, victim_backend_kind::text AS kind, anon_bytes
      FROM headroom.oom_kill WHERE instance_id = ?::uuid AND killed_at >= ?::timestamptz AND killed_at < ?::timestamptz
      ORDER BY killed_at DESC LIMIT ?::integer
      """;

  private static final String GUARD_EVENTS =
      """
      SELECT occurred_at, kind::text AS kind, pid, policy_id, limit_bytes, allocated_bytes, requested_bytes
      FROM headroom.guard_event
      WHERE instance_id = ?::uuid AND occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz
        AND kind IN ('block', 'would_block', 'fatal', 'panic', 'lease_expired', 'lease_renewed', 'switched')
      ORDER BY occurred_at DESC LIMIT ?::integer
      """;

  private static final String LIFE =
      """
      SELECT occurred_at, kind::text AS kind, outage_ms, detail FROM headroom.instance_event
      WHERE instance_id = ?::uuid AND occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz
      ORDER BY occurred_at DESC LIMIT ?::integer
      """;

  private final DataSource dataSource;

  public TimelineStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Where buckets come from. */
  public enum Source {
    /** Samples: a bucket's layers are of one moment and add up. */
    SAMPLES,
    /** The rollup by minute: a bucket's layers are each one's own maximum. */
    MINUTES,
    /** The rollup by hour: likewise. */
    HOURS
  }

  /**
   * One policy's limit over time; the lists go together.
   *
   * @param atMs starts of buckets, in milliseconds since 1970
   * @param limitMinBytes the smallest limit decided in the bucket; null when none was
   * @param limitMaxBytes the largest, likewise
   * @param limitLastBytes the last, likewise
   * @param noDecisions how many evaluations of the bucket gave no limit
   */
  public record Line(
      String policyId,
      List<Long> atMs,
      List<@Nullable Long> limitMinBytes,
      List<@Nullable Long> limitMaxBytes,
      List<@Nullable Long> limitLastBytes,
      List<Long> noDecisions) {}

  /** From when on the guard had a mode. */
  public record ModeChange(long atMs, String mode) {}

  /** An OOM kill. */
  public record Kill(
      Instant killedAt, UUID killId, UUID incidentId, String kind, @Nullable Long anonBytes) {}

  /** Something the guard did. */
  public record GuardMark(
      Instant occurredAt,
      String kind,
      int pid,
      @Nullable String policyId,
      @Nullable Long limitBytes,
      @Nullable Long allocatedBytes,
      @Nullable Long requestedBytes) {}

  /** A turn in the instance's life. */
  public record LifeMark(
      Instant occurredAt, String kind, @Nullable Long outageMs, @Nullable String detail) {}

  /**
   * A picture's data.
   *
   * @param bucketMs how much time a bucket covers
   * @param atMs starts of the buckets that have samples, in milliseconds since 1970
   * @param columns by name, one value for each bucket, in bytes; null where nothing was sampled
   * @param limits by policy
   * @param modes the guard's, by the decisions
   * @param marksLeftOut whether there are more kills or events than are listed
   */
  public record Timeline(
      Instant from,
      Instant to,
      Source source,
      long bucketMs,
      long samples,
      List<Long> atMs,
      Map<String, List<@Nullable Long>> columns,
      List<Line> limits,
      List<ModeChange> modes,
      List<Kill> kills,
      List<GuardMark> guardEvents,
      List<LifeMark> instanceEvents,
      boolean marksLeftOut) {}

  /**
   * Reads a picture's data.
   *
   * @param buckets about how many; at least one
   */
  public Timeline read(InstanceId id, Instant from, Instant to, int buckets) {
    Duration width = width(Duration.between(from, to), buckets);
    Source source = source(width);
    return Transaction.read(
        dataSource,
        "reading instance " + id,
        connection -> read(Transaction.sql(connection), id, from, to, width, source));
  }

  /** The narrowest usual width with which a range has no more than so many buckets. */
  static Duration width(Duration span, int buckets) {
    for (Duration width : WIDTHS) {
      if (span.dividedBy(width) <= buckets) {
        return width;
      }
    }
    return WIDTHS.getLast();
  }

  private static Source source(Duration width) {
    if (width.compareTo(Duration.ofHours(1)) >= 0) {
      return Source.HOURS;
    }
    return width.compareTo(Duration.ofMinutes(1)) >= 0 ? Source.MINUTES : Source.SAMPLES;
  }

  private static Timeline read(
      DSLContext sql, InstanceId id, Instant from, Instant to, Duration width, Source source) {
    sql.execute(TIME_LIMIT);
    String interval = width.toMillis() + " milliseconds";
    OffsetDateTime begin = from.atOffset(ZoneOffset.UTC);
    OffsetDateTime end = to.atOffset(ZoneOffset.UTC);
    UUID instance = id.value();
    List<Long> atMs = new ArrayList<>();
    Map<String, List<@Nullable Long>> columns = new LinkedHashMap<>();
    COLUMNS.forEach(column -> columns.put(column, new ArrayList<>()));
    long samples = 0;
    for (Record row : sql.fetch(query(source), interval, instance, begin, end)) {
      atMs.add(row.get("bucket", OffsetDateTime.class).toInstant().toEpochMilli());
      columns.forEach((column, values) -> values.add(row.get(column, Long.class)));
      samples += row.get("sample_count", Long.class);
    }
    List<Line> limits = new ArrayList<>();
    Map<Long, String> modes = new TreeMap<>();
    readDecisions(sql.fetch(decisions(source), interval, instance, begin, end), limits, modes);
    List<Kill> kills =
        sql.fetch(KILLS, instance, begin, end, MOST_MARKS).map(TimelineStore::kill).reversed();
    List<GuardMark> guardEvents =
        sql.fetch(GUARD_EVENTS, instance, begin, end, MOST_MARKS)
            .map(TimelineStore::guardMark)
            .reversed();
    List<LifeMark> life =
        sql.fetch(LIFE, instance, begin, end, MOST_MARKS).map(TimelineStore::lifeMark).reversed();
    return new Timeline(
        from,
        to,
        source,
        width.toMillis(),
        samples,
        atMs,
        columns,
        limits,
        changes(modes),
        kills,
        guardEvents,
        life,
        Math.max(kills.size(), guardEvents.size()) >= MOST_MARKS);
  }

  private static void readDecisions(
      List<? extends Record> rows, List<Line> limits, Map<Long, String> modes) {
    @Nullable Line line = null;
    for (Record row : rows) {
      String policy = row.get("policy_id", String.class);
      if (line == null || !line.policyId().equals(policy)) {
        line =
            new Line(
                policy,
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>(),
                new ArrayList<>());
        limits.add(line);
      }
      long at = row.get("bucket", OffsetDateTime.class).toInstant().toEpochMilli();
      line.atMs().add(at);
      line.limitMinBytes().add(row.get("limit_min_bytes", Long.class));
      line.limitMaxBytes().add(row.get("limit_max_bytes", Long.class));
      line.limitLastBytes().add(row.get("limit_last_bytes", Long.class));
      line.noDecisions().add(row.get("no_decisions", Long.class));
      // Policies in shadow are decided beside the one in force: the strongest mode is the guard's.
      modes.merge(at, row.get("mode", String.class), TimelineStore::stronger);
    }
  }

  private static String stronger(String one, String other) {
    return Labels.get(GuardMode.class, one).compareTo(Labels.get(GuardMode.class, other)) >= 0
        ? one
        : other;
  }

  private static List<ModeChange> changes(Map<Long, String> modes) {
    List<ModeChange> changes = new ArrayList<>();
    modes.forEach((at, mode) -> {
      if (changes.isEmpty() || !changes.getLast().mode().equals(mode)) {
        changes.add(new ModeChange(at, mode));
      }
    });
    return changes;
  }

  private static String query(Source source) {
    return switch (source) {
      case SAMPLES -> FROM_SAMPLES;
      case MINUTES -> FROM_ROLLUP.formatted(layers("_max"), "memory_sample_1m");
      case HOURS -> FROM_ROLLUP.formatted(layers("_max"), "memory_sample_1h");
    };
  }

  private static String decisions(Source source) {
    return switch (source) {
      case SAMPLES -> DECISIONS;
      case MINUTES -> DECISIONS_FROM_ROLLUP.formatted("decision_1m");
      case HOURS -> DECISIONS_FROM_ROLLUP.formatted("decision_1h");
    };
  }

  /**
   * What fills memory, in layers that do not overlap. On cgroup v1 the kernel's memory is one
   * number with page tables in it, on v2 it has parts. The guard also accounts the shared memory of
   * parallel queries, which is a layer of its own: of its account no more counts than is anonymous.
   */
  private static String layers(String suffix) {
    return """
    shmem_bytes$ AS shmem_bytes, page_tables_bytes$ AS page_tables_bytes,
    CASE WHEN kernel_stack_bytes$ IS NOT NULL OR slab_unreclaimable_bytes$ IS NOT NULL
      THEN coalesce(kernel_stack_bytes$, 0) + coalesce(slab_unreclaimable_bytes$, 0) + coalesce(sock_bytes$, 0)
        + coalesce(percpu_bytes$, 0) + coalesce(sec_page_tables_bytes$, 0) + coalesce(vmalloc_bytes$, 0)
      ELSE greatest(kernel_bytes$ - coalesce(page_tables_bytes$, 0), 0) END AS kernel_bytes,
    least(guard_allocated_bytes$, anon_bytes$) AS query_bytes,
    CASE WHEN guard_allocated_bytes$ IS NOT NULL
      THEN greatest(anon_bytes$ - guard_allocated_bytes$, 0) END AS retained_bytes,
    greatest(file_bytes$ - coalesce(shmem_bytes$, 0), 0) AS file_bytes\
    """
        .replace("$", suffix);
  }

  private static Kill kill(Record row) {
    return new Kill(
        row.get("killed_at", OffsetDateTime.class).toInstant(),
        row.get("kill_id", UUID.class),
        row.get("incident_id", UUID.class),
        row.get("kind", String.class),
        row.get("anon_bytes", Long.class));
  }

  private static GuardMark guardMark(Record row) {
    return new GuardMark(
        row.get("occurred_at", OffsetDateTime.class).toInstant(),
        row.get("kind", String.class),
        row.get("pid", Integer.class),
        row.get("policy_id", String.class),
        row.get("limit_bytes", Long.class),
        row.get("allocated_bytes", Long.class),
        row.get("requested_bytes", Long.class));
  }

  private static LifeMark lifeMark(Record row) {
    return new LifeMark(
        row.get("occurred_at", OffsetDateTime.class).toInstant(),
        row.get("kind", String.class),
        row.get("outage_ms", Long.class),
        row.get("detail", String.class));
  }
}
