package dev.headroom.store;

import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.JSONB;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * What happened to all instances together. Every question has a time limit, so that a range that is
 * too long ends in an error and not in a busy database. Safe for use by several threads.
 */
public final class FleetStore {

  private static final String TIME_LIMIT = "SET LOCAL statement_timeout = '10s'";

  /** In which an instance has been sampled unless its collector is late. */
  private static final Duration LATELY = Duration.ofHours(1);

  /** Enough for the eye; a range of more than five days has a bucket for each day. */
  private static final int MOST_BUCKETS = 60;

  private static final Duration DAY = Duration.ofDays(1);

  /** Each divides a day, so that buckets begin at round times. */
  private static final List<Duration> BUCKETS =
      LongStream.of(1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 7200)
          .mapToObj(Duration::ofSeconds)
          .toList();

  private static final String KILLS_OVER_TIME =
      """
      SELECT date_bin(make_interval(secs => ?::double precision), killed_at, '1970-01-01Z'::timestamptz) AS starts_at,
        count(*) FILTER (WHERE victim_backend_kind = 'client backend') AS client_backends,
        count(*) FILTER (WHERE victim_backend_kind = 'parallel worker') AS parallel_workers,
        count(*) FILTER (WHERE victim_backend_kind NOT IN ('client backend', 'parallel worker')) AS others
      FROM headroom.oom_kill WHERE killed_at >= ?::timestamptz AND killed_at < ?::timestamptz
      GROUP BY 1 ORDER BY 1
      """;

  private static final String TOTALS =
      """
      SELECT
        (SELECT count(*) FROM headroom.oom_kill WHERE killed_at >= ?::timestamptz AND killed_at < ?::timestamptz) AS kills,
        (SELECT count(DISTINCT incident_id) FROM headroom.oom_kill WHERE killed_at >= ?::timestamptz AND killed_at < ?::timestamptz) AS incidents,
        (SELECT coalesce(sum(outage_ms), 0)::bigint FROM headroom.instance_event
          WHERE occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz AND kind = 'ready') AS outage_ms,
        (SELECT count(*) FROM headroom.instance) AS instances
      """;

  private static final String GUARD =
      """
      SELECT instance_id,
        count(*) FILTER (WHERE kind = 'block') AS blocks,
        count(*) FILTER (WHERE kind = 'would_block') AS would_blocks,
        count(*) FILTER (WHERE kind IN ('fatal', 'panic')) AS lost_sessions
      FROM headroom.guard_event
      WHERE occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz AND kind IN ('block', 'would_block', 'fatal', 'panic')
      GROUP BY 1
      """;

  private static final String INSTANCES =
      """
      WITH killed AS (
        SELECT instance_id, count(*) AS kills, max(killed_at) AS killed_at FROM headroom.oom_kill
        WHERE killed_at >= ?::timestamptz AND killed_at < ?::timestamptz GROUP BY 1),
      out AS (
        SELECT instance_id, sum(outage_ms)::bigint AS outage_ms FROM headroom.instance_event
        WHERE occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz AND kind = 'ready' GROUP BY 1),
      guarded AS (%s)
      SELECT i.instance_id, i.node_name, i.labels, i.postgres_version, i.cgroup_path, i.port,
        coalesce(kills, 0) AS kills, killed.killed_at, coalesce(outage_ms, 0) AS outage_ms,
        coalesce(blocks, 0) AS blocks, coalesce(would_blocks, 0) AS would_blocks,
        coalesce(lost_sessions, 0) AS lost_sessions, count(*) OVER () AS found
      FROM headroom.instance AS i
      LEFT JOIN killed USING (instance_id) LEFT JOIN out USING (instance_id) LEFT JOIN guarded USING (instance_id)
      WHERE ?::text IS NULL OR i.node_name ILIKE ?::text OR i.labels::text ILIKE ?::text OR i.instance_id::text ILIKE ?::text
        OR i.cgroup_path ILIKE ?::text
      ORDER BY coalesce(kills, 0) DESC, coalesce(lost_sessions, 0) DESC, coalesce(blocks, 0) DESC, i.instance_id
      LIMIT ?::integer
      """
          .formatted(GUARD);

  // A sample's key starts with its instance: the newest of each is a few steps in an index.
  private static final String NEWEST_SAMPLES =
      """
      SELECT i.instance_id, newest.*
      FROM unnest(?::uuid[]) AS i (instance_id), LATERAL (
        SELECT sampled_at, memory_max_bytes, memory_current_bytes, guard_limit_bytes FROM headroom.memory_sample AS s
        WHERE s.instance_id = i.instance_id AND s.sampled_at >= ?::timestamptz AND s.sampled_at < ?::timestamptz
        ORDER BY sampled_at DESC LIMIT 1) AS newest
      """;

  private static final String ROLLOUT_STEPS =
      """
      SELECT e.occurred_at, r.rollout_id, r.rollout_name, e.event_kind, e.to_stage::text AS to_stage, e.to_percent
      FROM headroom.rollout_event AS e JOIN headroom.rollout AS r USING (rollout_id)
      WHERE e.occurred_at >= ?::timestamptz AND e.occurred_at < ?::timestamptz
      ORDER BY e.rollout_event_id DESC LIMIT 200
      """;

  private static final String COLLECTORS =
      """
      WITH said AS (
        SELECT node_name, count(*) FILTER (WHERE kind = 'gap') AS gaps,
          coalesce(sum(event_count) FILTER (WHERE kind = 'drop'), 0)::bigint AS drops,
          count(*) FILTER (WHERE kind = 'counter_mismatch') AS mismatches
        FROM headroom.collector_event
        WHERE occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz AND kind IN ('gap', 'drop', 'counter_mismatch')
        GROUP BY 1)
      SELECT n.node_name, n.kernel_release, n.capture_source, n.observed_at,
        ARRAY(SELECT instance_id FROM headroom.instance AS i WHERE i.node_name = n.node_name) AS instance_ids,
        coalesce(said.gaps, 0) AS gaps, coalesce(said.drops, 0) AS drops, coalesce(said.mismatches, 0) AS mismatches
      FROM headroom.node AS n LEFT JOIN said USING (node_name)
      ORDER BY n.node_name LIMIT 1000
      """;

  private static final String PARITY =
      """
      SELECT run_id, started_at, recording_name, summary ->> 'parity' AS parity
      FROM (
        SELECT run_id, started_at, recording_name, summary FROM headroom.backtest_run
        WHERE kind = 'run' ORDER BY started_at DESC LIMIT 20) AS latest
      WHERE summary ->> 'parity' IS NOT NULL ORDER BY started_at DESC LIMIT 1
      """;

  private final DataSource dataSource;

  public FleetStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * The kills of one bucket of time, by what the victim was for.
   *
   * @param startsAt a multiple of the bucket's length after the beginning of 1970 in UTC
   */
  public record KillsOfBucket(
      Instant startsAt, long clientBackends, long parallelWorkers, long others) {}

  /**
   * A change of a rollout.
   *
   * @param kind transition, pause or resume
   * @param percent of a canary; absent in every other stage
   */
  public record RolloutStep(
      Instant occurredAt,
      UUID rolloutId,
      String rolloutName,
      String kind,
      String stage,
      @Nullable Integer percent) {}

  /**
   * A node and how well its collector does.
   *
   * @param sampledAt the newest sample of its instances in the range; absent when there is none
   * @param gaps times in the range that samples came late
   * @param drops observations in the range that were given up
   * @param mismatches times in the range that the kernel counted other kills than were captured
   */
  public record Collector(
      String node,
      @Nullable String kernelRelease,
      @Nullable String captureSource,
      Instant observedAt,
      @Nullable Instant sampledAt,
      long gaps,
      long drops,
      long mismatches) {}

  /**
   * How well the newest replay with a guard foretold what the guard logged.
   *
   * @param parityJson as the run's result has it
   */
  public record LatestParity(
      UUID runId, Instant startedAt, @Nullable String recordingName, String parityJson) {}

  /**
   * What happened in a range.
   *
   * @param bucketMs length of a bucket of {@code killsOverTime}, in milliseconds
   * @param killsOverTime buckets with kills, oldest first
   */
  public record Fleet(
      long instances,
      long kills,
      long incidents,
      long outageMs,
      long blocks,
      long wouldBlocks,
      long lostSessions,
      long bucketMs,
      List<KillsOfBucket> killsOverTime,
      List<RolloutStep> rolloutSteps,
      List<Collector> collectors,
      @Nullable LatestParity latestParity) {}

  /**
   * An instance and what happened to it in a range.
   *
   * @param sampledAt its newest sample in the range; absent when there is none
   */
  public record InstanceRow(
      UUID instanceId,
      String node,
      Map<String, String> labels,
      @Nullable String postgresVersion,
      String cgroupPath,
      @Nullable Integer port,
      long kills,
      @Nullable Instant killedAt,
      long outageMs,
      long blocks,
      long wouldBlocks,
      long lostSessions,
      @Nullable Instant sampledAt,
      @Nullable Long memoryMaxBytes,
      @Nullable Long memoryCurrentBytes,
      @Nullable Long guardLimitBytes) {}

  /**
   * Instances, those with the most kills first.
   *
   * @param found how many fit, listed or not
   */
  public record Instances(long found, List<InstanceRow> instances) {}

  /** Everything about the fleet from {@code from} on and before {@code to}. */
  public Fleet fleet(Instant from, Instant to) {
    return Transaction.read(
        dataSource, "reading the fleet", connection -> fleet(connection, from, to));
  }

  private static Fleet fleet(Connection connection, Instant begin, Instant end) {
    OffsetDateTime from = utc(begin);
    OffsetDateTime to = utc(end);
    DSLContext sql = Transaction.sql(connection);
    sql.execute(TIME_LIMIT);
    Duration bucket = bucket(Duration.between(from, to));
    Record totals = sql.fetchSingle(TOTALS, from, to, from, to, from, to);
    Record guard =
        sql.fetchSingle(
            "SELECT coalesce(sum(blocks), 0)::bigint AS blocks, coalesce(sum(would_blocks), 0)::bigint AS would_blocks,"
                + " coalesce(sum(lost_sessions), 0)::bigint AS lost_sessions FROM ("
                + GUARD
                + ") AS guarded",
            from,
            to);
    return new Fleet(
        number(totals, "instances"),
        number(totals, "kills"),
        number(totals, "incidents"),
        number(totals, "outage_ms"),
        number(guard, "blocks"),
        number(guard, "would_blocks"),
        number(guard, "lost_sessions"),
        bucket.toMillis(),
        sql.fetch(KILLS_OVER_TIME, bucket.toSeconds(), from, to)
            .map(row ->
                new KillsOfBucket(
                    row.get("starts_at", OffsetDateTime.class).toInstant(),
                    number(row, "client_backends"),
                    number(row, "parallel_workers"),
                    number(row, "others"))),
        sql.fetch(ROLLOUT_STEPS, from, to).map(FleetStore::rolloutStep),
        collectors(sql, begin, end),
        sql.fetchOptional(PARITY).map(FleetStore::parity).orElse(null));
  }

  /** The shortest that gives no more buckets than the eye wants; else a day. */
  private static Duration bucket(Duration range) {
    return BUCKETS.stream()
        .filter(each -> range.compareTo(each.multipliedBy(MOST_BUCKETS)) <= 0)
        .findFirst()
        .orElse(DAY);
  }

  /**
   * The instances with the most kills from {@code from} on and before {@code to}.
   *
   * @param wanted part of a node's name, a label, an id or a cgroup's path; absent for every
   *     instance
   */
  public Instances instances(Instant from, Instant to, @Nullable String wanted, int atMost) {
    OffsetDateTime begin = utc(from);
    OffsetDateTime end = utc(to);
    String pattern = wanted == null ? null : '%' + escape(wanted) + '%';
    return Transaction.read(
        dataSource,
        "listing instances",
        connection -> {
          var sql = Transaction.sql(connection);
          sql.execute(TIME_LIMIT);
          var rows =
              sql.fetch(
                  INSTANCES, begin, end, begin, end, begin, end, pattern, pattern, pattern, pattern,
                  pattern, atMost);
          Map<UUID, Newest> newest =
              newestSamples(sql, rows.getValues("instance_id", UUID.class), from, to);
          return new Instances(
              rows.isEmpty() ? 0 : number(rows.getFirst(), "found"),
              rows.map(row -> instance(row, newest.get(row.get("instance_id", UUID.class)))));
        });
  }

  /** An instance's newest sample, in bytes where it had the fact. */
  private record Newest(
      Instant sampledAt,
      @Nullable Long memoryMaxBytes,
      @Nullable Long memoryCurrentBytes,
      @Nullable Long guardLimitBytes) {

    static Newest of(Record row) {
      return new Newest(
          row.get("sampled_at", OffsetDateTime.class).toInstant(),
          row.get("memory_max_bytes", Long.class),
          row.get("memory_current_bytes", Long.class),
          row.get("guard_limit_bytes", Long.class));
    }
  }

  /**
   * The newest sample of each instance that has one in the range. Nearly all have been sampled
   * lately: looking there first spares the database a plan over every chunk of a long range.
   */
  private static Map<UUID, Newest> newestSamples(
      DSLContext sql, List<UUID> instances, Instant from, Instant to) {
    Map<UUID, Newest> newest = new HashMap<>();
    Instant lately = to.minus(LATELY);
    if (lately.isAfter(from)) {
      addNewest(sql, instances, lately, to, newest);
      List<UUID> others = instances.stream().filter(id -> !newest.containsKey(id)).toList();
      addNewest(sql, others, from, lately, newest);
    } else {
      addNewest(sql, instances, from, to, newest);
    }
    return newest;
  }

  private static void addNewest(
      DSLContext sql, List<UUID> instances, Instant from, Instant to, Map<UUID, Newest> newest) {
    if (!instances.isEmpty()) {
      Object ids = instances.toArray(UUID[]::new);
      for (Record row : sql.fetch(NEWEST_SAMPLES, ids, utc(from), utc(to))) {
        newest.put(row.get("instance_id", UUID.class), Newest.of(row));
      }
    }
  }

  private static List<Collector> collectors(DSLContext sql, Instant from, Instant to) {
    var nodes = sql.fetch(COLLECTORS, utc(from), utc(to));
    List<UUID> instances =
        nodes.stream().flatMap(row -> Stream.of(row.get("instance_ids", UUID[].class))).toList();
    Map<UUID, Newest> newest = newestSamples(sql, instances, from, to);
    return nodes.map(row -> collector(row, newest));
  }

  private static InstanceRow instance(Record row, @Nullable Newest newest) {
    return new InstanceRow(
        row.get("instance_id", UUID.class),
        row.get("node_name", String.class),
        Json.labels(row.get("labels", JSONB.class).data()),
        row.get("postgres_version", String.class),
        row.get("cgroup_path", String.class),
        row.get("port", Integer.class),
        number(row, "kills"),
        instant(row, "killed_at"),
        number(row, "outage_ms"),
        number(row, "blocks"),
        number(row, "would_blocks"),
        number(row, "lost_sessions"),
        newest == null ? null : newest.sampledAt(),
        newest == null ? null : newest.memoryMaxBytes(),
        newest == null ? null : newest.memoryCurrentBytes(),
        newest == null ? null : newest.guardLimitBytes());
  }

  private static RolloutStep rolloutStep(Record row) {
    return new RolloutStep(
        row.get("occurred_at", OffsetDateTime.class).toInstant(),
        row.get("rollout_id", UUID.class),
        row.get("rollout_name", String.class),
        row.get("event_kind", String.class),
        row.get("to_stage", String.class),
        row.get("to_percent", Integer.class));
  }

  private static Collector collector(Record row, Map<UUID, Newest> newest) {
    Instant sampledAt =
        Stream.of(row.get("instance_ids", UUID[].class))
            .flatMap(id -> Stream.ofNullable(newest.get(id)))
            .map(Newest::sampledAt)
            .max(Comparator.naturalOrder())
            .orElse(null);
    return new Collector(
        row.get("node_name", String.class),
        row.get("kernel_release", String.class),
        row.get("capture_source", String.class),
        row.get("observed_at", OffsetDateTime.class).toInstant(),
        sampledAt,
        number(row, "gaps"),
        number(row, "drops"),
        number(row, "mismatches"));
  }

  private static LatestParity parity(Record row) {
    return new LatestParity(
        row.get("run_id", UUID.class),
        row.get("started_at", OffsetDateTime.class).toInstant(),
        row.get("recording_name", String.class),
        row.get("parity", String.class));
  }

  private static long number(Record row, String column) {
    Long value = row.get(column, Long.class);
    return value == null ? 0 : value;
  }

  private static @Nullable Instant instant(Record row, String column) {
    OffsetDateTime at = row.get(column, OffsetDateTime.class);
    return at == null ? null : at.toInstant();
  }

  private static OffsetDateTime utc(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }

  private static String escape(String text) {
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_");
  }
}
