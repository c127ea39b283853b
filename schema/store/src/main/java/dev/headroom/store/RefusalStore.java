package dev.headroom.store;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import javax.sql.DataSource;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/**
 * What became of statements that guards refused, or would have refused. Only a guard in shadow lets
 * one see it: a statement that was refused in earnest has ended. Safe for use by several threads.
 */
public final class RefusalStore {

  /** Of so many would-blocks, the newest, it is found out what became of them. */
  public static final int MOST_JUDGED = 2_000;

  private static final String TIME_LIMIT = "SET LOCAL statement_timeout = '10s'";

  // A statement ended before the first sample that does not show it. A sample within the second may
  // not show a statement
  // that had just begun, but such a one was refused before that sample too.
  private static final String BY_POLICY =
      """
      WITH refused AS (
        SELECT policy_id, instance_id, kind, pid, statement_number, min(occurred_at) AS refused_at
        FROM headroom.guard_event
        WHERE occurred_at >= ?::timestamptz AND occurred_at < ?::timestamptz AND kind IN ('block', 'would_block')
        GROUP BY policy_id, instance_id, kind, pid, statement_number),
      newest AS (SELECT * FROM refused WHERE kind = 'would_block' ORDER BY refused_at DESC LIMIT ?::integer),
      judged AS (
        SELECT policy_id,
          CASE WHEN died.killed_at <= coalesce(over.ended_at, 'infinity') THEN 'justified'
            WHEN over.ended_at IS NULL OR EXISTS (
              SELECT FROM headroom.collector_event AS late
              WHERE late.instance_id = newest.instance_id AND late.kind = 'gap'
                AND late.occurred_at > newest.refused_at AND late.occurred_at <= over.ended_at) THEN 'undecided'
            ELSE 'false' END AS class
        FROM newest
        LEFT JOIN LATERAL (
          SELECT sample.sampled_at AS ended_at FROM headroom.memory_sample AS sample
          WHERE sample.instance_id = newest.instance_id
            AND sample.sampled_at > newest.refused_at AND sample.sampled_at < newest.refused_at + interval '1 day'
            AND NOT EXISTS (
              SELECT FROM headroom.process_sample AS process
              WHERE process.instance_id = sample.instance_id AND process.sampled_at = sample.sampled_at
                AND process.pid = newest.pid AND process.statement_number IS NOT DISTINCT FROM newest.statement_number)
          ORDER BY sample.sampled_at LIMIT 1) AS over ON true
        LEFT JOIN LATERAL (
          SELECT kill.killed_at FROM headroom.oom_kill AS kill
          WHERE kill.instance_id = newest.instance_id
            AND kill.killed_at >= newest.refused_at AND kill.killed_at < newest.refused_at + interval '1 day'
          ORDER BY kill.killed_at LIMIT 1) AS died ON true),
      classes AS (
        SELECT policy_id, count(*) FILTER (WHERE class = 'justified') AS justified,
          count(*) FILTER (WHERE class = 'false') AS false_blocks, count(*) FILTER (WHERE class = 'undecided') AS undecided
        FROM judged GROUP BY policy_id),
      counts AS (
        SELECT policy_id, count(*) FILTER (WHERE kind = 'block') AS blocks,
          count(*) FILTER (WHERE kind = 'would_block') AS would_blocks
        FROM refused GROUP BY policy_id)
      SELECT counts.policy_id, blocks, would_blocks, coalesce(justified, 0) AS justified,
        coalesce(false_blocks, 0) AS false_blocks, coalesce(undecided, 0) AS undecided
      FROM counts LEFT JOIN classes ON classes.policy_id IS NOT DISTINCT FROM counts.policy_id
      ORDER BY would_blocks DESC, blocks DESC, counts.policy_id
      """;

  private final DataSource dataSource;

  public RefusalStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Statements under one policy's limit, each once for each of its processes.
   *
   * @param policyId absent for a limit that no policy set
   * @param blocks refused in earnest
   * @param wouldBlocks would have been refused
   * @param justified of the would-blocks those that still ran when the instance was next killed
   * @param falseBlocks those that ended without a kill
   * @param undecided those whose end was not seen, or only after a gap
   */
  public record PolicyRefusals(
      @Nullable String policyId,
      long blocks,
      long wouldBlocks,
      long justified,
      long falseBlocks,
      long undecided) {}

  /**
   * Refusals from {@code from} on and before {@code to}, by policy. Of the newest {@value
   * #MOST_JUDGED} would-blocks it says what became of them; the others are only counted.
   */
  public List<PolicyRefusals> byPolicy(Instant from, Instant to) {
    return Transaction.read(
        dataSource,
        "reading refusals",
        connection -> {
          var sql = Transaction.sql(connection);
          sql.execute(TIME_LIMIT);
          return sql.fetch(BY_POLICY, utc(from), utc(to), MOST_JUDGED).map(RefusalStore::refusals);
        });
  }

  private static PolicyRefusals refusals(Record row) {
    return new PolicyRefusals(
        row.get("policy_id", String.class),
        row.get("blocks", long.class),
        row.get("would_blocks", long.class),
        row.get("justified", long.class),
        row.get("false_blocks", long.class),
        row.get("undecided", long.class));
  }

  private static OffsetDateTime utc(Instant instant) {
    return instant.atOffset(ZoneOffset.UTC);
  }
}
