package dev.headroom.web;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;

/** Writes something of a test's own into every text of the database, past all triggers. */
final class MarkedTexts {

  /** Tables of the schema itself. */
  private static final Set<String> NOT_DATA =
      Set.of("flyway_schema_history", "retention", "rollup", "decision_rollup");

  /** Texts that are words of a list, or settings that are read back. */
  private static final Set<String> WORDS =
      Set.of(
          "api_token.token_scope",
          "backtest_report.format",
          "backtest_run.kind",
          "rollout.gates",
          "rollout_event.event_kind");

  /** By these tables are joined. */
  private static final Set<String> KEYS =
      Set.of("node_name", "policy_id", "recording_name", "policy_name");

  private MarkedTexts() {}

  private record Column(String table, String name, String type) {

    String qualified() {
      return table + "." + name;
    }

    boolean isMarked() {
      return !NOT_DATA.contains(table) && !WORDS.contains(qualified()) && !KEYS.contains(name);
    }
  }

  /**
   * Marks them.
   *
   * @param mark from a column's name, such as {@code oom_kill.victim_title}, to what is added there
   */
  static void write(TestWeb web, UnaryOperator<String> mark) {
    try (Connection connection = web.database().dataSource().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute("SET session_replication_role = replica");
      for (Column column : columns(sql)) {
        String added = mark.apply(column.qualified());
        sql.execute(
            "UPDATE headroom.%s SET %s = %s"
                .formatted(column.table(), column.name(), value(column, added)));
      }
      sql.execute("RESET session_replication_role");
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }

  private static List<Column> columns(Statement sql) throws SQLException {
    List<Column> columns = new ArrayList<>();
    try (ResultSet rows =
        sql.executeQuery(
            """
            SELECT c.table_name, c.column_name, c.data_type FROM information_schema.columns AS c
            JOIN information_schema.tables AS t USING (table_schema, table_name)
            WHERE c.table_schema = 'headroom' AND t.table_type = 'BASE TABLE'
              AND c.data_type IN ('text', 'json', 'jsonb') AND c.is_generated = 'NEVER'
            """)) {
      while (rows.next()) {
        Column column = new Column(rows.getString(1), rows.getString(2), rows.getString(3));
        if (column.isMarked()) {
          columns.add(column);
        }
      }
    }
    return columns;
  }

  private static String value(Column column, String added) {
    String json = JsonMapper.shared().writeValueAsString(added);
    if (column.qualified().equals("oom_kill.victim_memory_contexts")) {
      return literal("[{\"name\": " + json + ", \"bytes\": 1, \"blocks\": 1}]");
    }
    return column.type().equals("text")
        ? "coalesce(%s, '') || ' ' || %s".formatted(column.name(), literal(added))
        : "(coalesce(%s::jsonb, '{}') || %s::jsonb)::%s"
            .formatted(column.name(), literal("{\"mark\": " + json + "}"), column.type());
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
