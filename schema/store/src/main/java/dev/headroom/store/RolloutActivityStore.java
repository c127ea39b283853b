package dev.headroom.store;

import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.InstanceActivity;
import dev.headroom.model.rollout.Rollout;
import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import javax.sql.DataSource;
import org.jooq.DSLContext;
import org.jooq.Record;
import org.jooq.impl.DSL;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the instances of a rollout did, from what their collectors stored. Safe for use by
 * several threads.
 */
public final class RolloutActivityStore {

  private static final String INSTANCES =
      """
      SELECT instance_id, node_name, labels FROM headroom.instance
      WHERE labels @> cast({0} AS jsonb) ORDER BY instance_id
      """;

  /** A decision stands for the time until the next one, but for no longer than one step. */
  private static final String DECISIONS =
      """
      SELECT instance_id, cast(mode AS text) AS mode, count(*) AS decisions, max(decided_at) AS last_at,
        cast(sum(least(extract(epoch FROM coalesce(next_at, {2}) - decided_at), {4})) AS double precision) AS seconds
      FROM (
        SELECT instance_id, mode, decided_at, lead(decided_at) OVER (PARTITION BY instance_id ORDER BY decided_at) AS next_at
        FROM headroom.decision
        WHERE policy_id = {0} AND decided_at >= {1} AND decided_at < {2} AND instance_id = ANY ({3})) AS each
      GROUP BY instance_id, mode
      """;

  private static final String GUARD_EVENTS =
      """
      SELECT instance_id,
        count(*) FILTER (WHERE kind IN ('block', 'fatal') AND policy_id = {0}) AS blocks,
        count(*) FILTER (WHERE kind = 'would_block' AND policy_id = {0}) AS would_blocks,
        count(*) FILTER (WHERE kind = 'panic') AS panics,
        count(*) FILTER (WHERE kind = 'lease_expired' AND occurred_at >= {4}) AS lapses
      FROM headroom.guard_event
      WHERE occurred_at >= {1} AND occurred_at < {2} AND instance_id = ANY ({3})
      GROUP BY instance_id
      """;

  private static final String KILLS =
      """
      SELECT instance_id, count(DISTINCT incident_id) AS kills FROM headroom.oom_kill
      WHERE killed_at >= {0} AND killed_at < {1} AND instance_id = ANY ({2})
      GROUP BY instance_id
      """;

  private static final String COLLECTOR_EVENTS =
      """
      SELECT node_name, instance_id, count(*) AS troubles FROM headroom.collector_event
      WHERE kind IN ('gap', 'drop', 'counter_mismatch') AND occurred_at >= {0} AND occurred_at < {1}
        AND (instance_id IS NULL OR instance_id = ANY ({2}))
      GROUP BY node_name, instance_id
      """;

  private final DataSource dataSource;

  public RolloutActivityStore(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /**
   * What each instance that the rollout may reach did under its policy from {@code from} on and
   * before {@code to}, by instance. An instance that said nothing is there with zeros.
   *
   * @param troublesFrom from when on lapses and troubles count; those before were looked at
   * @param longestStep how long one decision stands for at most
   */
  public List<InstanceActivity> read(
      Rollout rollout, Instant from, Instant to, Instant troublesFrom, Duration longestStep) {
    return Transaction.read(
        dataSource,
        "reading what the instances of rollout " + rollout.name() + " did",
        connection -> read(connection, rollout, from, to, troublesFrom, longestStep));
  }

  /** How many instances a rollout may reach. */
  public int countInstances(Rollout rollout) {
    return labelsByInstance(rollout.instanceLabels()).size();
  }

  /**
   * The instances that carry all of these labels, each with its own as last seen; in the order of
   * their ids.
   */
  public Map<InstanceId, Map<String, String>> labelsByInstance(Map<String, String> labels) {
    return Transaction.read(
        dataSource,
        "listing the instances with labels " + labels,
        connection -> {
          Map<InstanceId, Map<String, String>> found = new LinkedHashMap<>();
          for (Record row :
              Transaction.sql(connection).fetch(INSTANCES, DSL.val(Json.ofLabels(labels)))) {
            found.put(
                new InstanceId(row.get("instance_id", UUID.class)),
                Json.labels(row.get("labels", String.class)));
          }
          return found;
        });
  }

  private static List<InstanceActivity> read(
      Connection connection,
      Rollout rollout,
      Instant from,
      Instant to,
      Instant troublesFrom,
      Duration longestStep) {
    DSLContext sql = Transaction.sql(connection);
    Map<UUID, Tally> tallies = new HashMap<>();
    List<Tally> inOrder = new ArrayList<>();
    for (Record row : sql.fetch(INSTANCES, DSL.val(Json.ofLabels(rollout.instanceLabels())))) {
      Tally tally =
          new Tally(
              row.get("instance_id", UUID.class),
              row.get("node_name", String.class),
              Json.labels(row.get("labels", String.class)));
      tallies.put(tally.instance, tally);
      inOrder.add(tally);
    }
    if (inOrder.isEmpty()) {
      return List.of();
    }
    var policy = DSL.val(rollout.policyId());
    var start = DSL.val(atUtc(from));
    var end = DSL.val(atUtc(to));
    var troublesStart = DSL.val(atUtc(troublesFrom));
    var ids = DSL.val(tallies.keySet().toArray(UUID[]::new));
    var step = DSL.val(longestStep.toMillis() / 1000.0);

    for (Record row : sql.fetch(DECISIONS, policy, start, end, ids, step)) {
      of(tallies, row).decided(row);
    }
    for (Record row : sql.fetch(GUARD_EVENTS, policy, start, end, ids, troublesStart)) {
      Tally tally = of(tallies, row);
      tally.blocks = row.get("blocks", Integer.class);
      tally.wouldBlocks = row.get("would_blocks", Integer.class);
      tally.panics = row.get("panics", Integer.class);
      tally.lapses = row.get("lapses", Integer.class);
    }
    for (Record row : sql.fetch(KILLS, start, end, ids)) {
      of(tallies, row).kills = row.get("kills", Integer.class);
    }
    for (Record row : sql.fetch(COLLECTOR_EVENTS, troublesStart, end, ids)) {
      UUID instance = row.get("instance_id", UUID.class);
      for (Tally each : inOrder) {
        // What concerns a node concerns each of its instances.
        if (instance == null
            ? each.node.equals(row.get("node_name", String.class))
            : each.instance.equals(instance)) {
          each.troubles += row.get("troubles", Integer.class);
        }
      }
    }
    return inOrder.stream().map(Tally::activity).toList();
  }

  private static Tally of(Map<UUID, Tally> tallies, Record row) {
    Tally tally = tallies.get(row.get("instance_id", UUID.class));
    if (tally == null) {
      throw new IllegalStateException("a row of an instance that was not asked for");
    }
    return tally;
  }

  private static OffsetDateTime atUtc(Instant moment) {
    return moment.atOffset(ZoneOffset.UTC);
  }

  private static final class Tally {
    private final UUID instance;
    private final String node;
    private final Map<String, String> labels;
    private Duration enforced = Duration.ZERO;
    private Duration shadowed = Duration.ZERO;
    private long decisions;
    private @Nullable Instant lastDecidedAt;
    private int blocks;
    private int wouldBlocks;
    private int panics;
    private int kills;
    private int lapses;
    private int troubles;

    private Tally(UUID instance, String node, Map<String, String> labels) {
      this.instance = instance;
      this.node = node;
      this.labels = labels;
    }

    private void decided(Record row) {
      Duration time = Duration.ofMillis(Math.round(1000 * row.get("seconds", Double.class)));
      switch (Labels.get(GuardMode.class, row.get("mode", String.class))) {
        case ENFORCE -> enforced = time;
        case SHADOW -> shadowed = time;
        case OFF -> {}
      }
      decisions += row.get("decisions", Long.class);
      Instant last = row.get("last_at", OffsetDateTime.class).toInstant();
      if (lastDecidedAt == null || last.isAfter(lastDecidedAt)) {
        lastDecidedAt = last;
      }
    }

    private InstanceActivity activity() {
      return new InstanceActivity(
          new InstanceId(instance),
          labels,
          enforced,
          shadowed,
          decisions,
          lastDecidedAt,
          blocks,
          wouldBlocks,
          panics,
          kills,
          lapses,
          troubles);
    }
  }
}
