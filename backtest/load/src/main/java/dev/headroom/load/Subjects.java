package dev.headroom.load;

import dev.headroom.model.rollout.FlagEvaluation;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/**
 * What there is to ask for.
 *
 * @param instances every instance, those with the most kills first
 * @param kills of many instances, by their incidents
 * @param runs kept backtests, newest first
 * @param jobs backtests that the web process at hand ran
 * @param flags keys of flags
 */
record Subjects(
    List<UUID> instances,
    List<Killed> kills,
    List<UUID> runs,
    List<UUID> rollouts,
    List<UUID> jobs,
    List<String> flags) {

  private static final int MOST = 1_000;

  /** An incident, where and when. */
  record Killed(UUID incident, UUID instance, Instant at) {}

  /** Reads them from the database, but for the jobs, which only the web process knows. */
  static Subjects read(String jdbcUrl, List<UUID> jobs) {
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement statement = connection.createStatement()) {
      List<Killed> kills = new ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT incident_id, instance_id, killed_at FROM headroom.oom_kill"
                  + " WHERE instance_id IS NOT NULL ORDER BY md5(kill_id::text) LIMIT "
                  + MOST)) {
        while (rows.next()) {
          kills.add(
              new Killed(
                  rows.getObject(1, UUID.class),
                  rows.getObject(2, UUID.class),
                  rows.getTimestamp(3).toInstant()));
        }
      }
      return new Subjects(
          ids(
              statement,
              "SELECT i.instance_id FROM headroom.instance AS i LEFT JOIN headroom.oom_kill USING (instance_id)"
                  + " GROUP BY 1 ORDER BY count(kill_id) DESC, 1"),
          kills,
          ids(statement, "SELECT run_id FROM headroom.backtest_run ORDER BY started_at DESC"),
          ids(statement, "SELECT rollout_id FROM headroom.rollout"),
          jobs,
          FlagEvaluation.KEYS);
    } catch (SQLException e) {
      throw new IllegalStateException("cannot read what there is to ask for: " + e.getMessage(), e);
    }
  }

  private static List<UUID> ids(Statement statement, String query) throws SQLException {
    List<UUID> ids = new ArrayList<>();
    try (ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        ids.add(rows.getObject(1, UUID.class));
      }
    }
    return ids;
  }
}
