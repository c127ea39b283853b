package dev.headroom.store;

import java.time.OffsetDateTime;
import javax.sql.DataSource;
import org.jooq.Record;
import org.jspecify.annotations.Nullable;

/** What is newest in the database, in one quick question. Safe for use by several threads. */
public final class LiveStore {

  // A sample's key starts with the instance: asking each one is a few steps in an index, asking all
  // at once reads a day.
  private static final String NEWEST =
      """
      SELECT
        (SELECT count(*) FROM headroom.oom_kill WHERE killed_at > now() - interval '1 day') AS kills,
        (SELECT count(*) FROM headroom.guard_event
          WHERE occurred_at > now() - interval '10 minutes' AND kind IN ('block', 'would_block', 'fatal', 'panic')) AS blocks,
        (SELECT max(newest)
          FROM headroom.instance, LATERAL (
            SELECT max(sampled_at) AS newest FROM headroom.memory_sample
            WHERE memory_sample.instance_id = instance.instance_id
              AND sampled_at > now() - interval '2 minutes') AS sampled) AS sampled_at,
        (SELECT count(*) FROM headroom.backtest_run) AS runs,
        (SELECT coalesce(max(rollout_event_id), 0) FROM headroom.rollout_event) AS rollout_events,
        (SELECT coalesce(max(guard_stop_id), 0) FROM headroom.guard_stop) AS guard_stops
      """;

  private final DataSource dataSource;

  public LiveStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * Changes when a page that is open should ask again.
   *
   * @param kills of the last day
   * @param blocks blocks and would-blocks of the last ten minutes
   * @param sampledAt the newest sample of the last minutes; absent when there is none
   * @param runs backtests that are kept
   * @param rolloutEvents the newest row of the audit of rollouts
   * @param guardStops the newest stop or end of one
   */
  public record Marks(
      long kills,
      long blocks,
      @Nullable String sampledAt,
      long runs,
      long rolloutEvents,
      long guardStops) {}

  /** The newest of everything. */
  public Marks marks() {
    return Transaction.read(
        dataSource,
        "asking what is new",
        connection -> {
          Record row = Transaction.sql(connection).fetchSingle(NEWEST);
          OffsetDateTime sampledAt = row.get("sampled_at", OffsetDateTime.class);
          return new Marks(
              row.get("kills", Long.class),
              row.get("blocks", Long.class),
              sampledAt == null ? null : sampledAt.toInstant().toString(),
              row.get("runs", Long.class),
              row.get("rollout_events", Long.class),
              row.get("guard_stops", Long.class));
        });
  }
}
