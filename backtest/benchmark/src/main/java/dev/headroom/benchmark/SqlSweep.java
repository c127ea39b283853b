package dev.headroom.benchmark;

import dev.headroom.benchmark.SweepResult.Total;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The sweep as SQL. The limit is that of the sample before, as the replay has it in force; samples
 * have no gaps here. Several formulas share one reading of the table.
 */
final class SqlSweep {

  private static final String GIB_HOURS = "1073741824.0 / 3600e6";

  private SqlSweep() {}

  /**
   * Runs it.
   *
   * @param table to read: the name of a table, or a file
   * @param micros an expression for a sample's microseconds
   * @param batch how many formulas one statement computes
   */
  static List<Total> run(
      Connection connection, String table, String micros, List<SweepFormula> formulas, int batch)
      throws SQLException {
    List<Total> totals = new ArrayList<>();
    for (int from = 0; from < formulas.size(); from += batch) {
      List<SweepFormula> some = formulas.subList(from, Math.min(from + batch, formulas.size()));
      try (Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery(query(table, micros, some))) {
        row.next();
        for (int i = 0; i < some.size(); i++) {
          totals.add(
              new Total(
                  row.getDouble(3 * i + 1), row.getDouble(3 * i + 2), row.getLong(3 * i + 3)));
        }
      }
    }
    return totals;
  }

  private static String query(String table, String micros, List<SweepFormula> formulas) {
    String columns =
        formulas.stream()
            .map(SweepFormula::sql)
            .map(limit ->
                """
                sum(greatest(0, %1$s - headroom) * dt) / %2$s,
                sum(greatest(0, headroom - %1$s) * dt) / %2$s,
                count(*) FILTER (WHERE peak > %1$s)\
                """
                    .formatted(limit, GIB_HOURS))
            .collect(Collectors.joining(",\n"));
    return """
    WITH sampled AS (
      SELECT instance_id, %2$s AS us, guard_allocated_peak_bytes AS peak,
        memory_max_bytes::float8 AS mm, shmem_bytes::float8 AS shmem,
        page_tables_bytes::float8 AS pt, slab_unreclaimable_bytes::float8 AS slab,
        memory_max_bytes::float8 - shmem_bytes - page_tables_bytes - kernel_stack_bytes
          - slab_unreclaimable_bytes - sock_bytes AS headroom
      FROM %1$s),
    followed AS (
      SELECT lead(peak) OVER w AS peak, mm, shmem, pt, slab, headroom,
        (lead(us) OVER w - us)::float8 AS dt
      FROM sampled WINDOW w AS (PARTITION BY instance_id ORDER BY us))
    SELECT %3$s FROM followed WHERE dt IS NOT NULL\
    """
        .formatted(table, micros, columns);
  }
}
