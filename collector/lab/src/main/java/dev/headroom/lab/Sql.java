package dev.headroom.lab;

/** Statements that take a known kind and amount of memory. */
final class Sql {

  private static final long MIB = 1L << 20;

  private Sql() {}

  /**
   * Sorts rows of about 32 bytes times {@code width}, made on the fly, and counts them.
   *
   * @param rows how many
   * @param width how many digests wide a row is
   */
  static String sort(long rows, int width) {
    return "SELECT count(*) FROM (" + sortedRows(rows, width) + " OFFSET 0) sorted";
  }

  /** The rows of {@link #sort}, for a cursor that keeps the whole sort while it is open. */
  static String sortedRows(long rows, int width) {
    return "SELECT repeat(md5(g::text), %d) AS line FROM generate_series(1, %d) g ORDER BY line"
        .formatted(width, rows);
  }

  /** Builds one value of a size and gives back its length. */
  static String value(long mib) {
    // The size comes from a row: the planner would build a constant one itself, and copy it.
    return "SELECT length(repeat('x', n)) FROM generate_series(%1$d, %1$d) n".formatted(mib * MIB);
  }

  /**
   * Makes a table that outlives a kill and whose rows fill {@code mib} MiB, a thousand bytes each.
   */
  static String fillTable(String table, long mib) {
    return """
    CREATE TABLE %s AS
    SELECT g AS id, repeat(md5(g::text), 30) AS line FROM generate_series(1, %d) g\
    """
        .formatted(table, mib * 1024);
  }

  /**
   * Makes a table of {@code mib} MiB with one row per page, so that reading it touches memory fast.
   */
  static String sparseTable(String table, long mib) {
    return """
    CREATE TABLE %s WITH (fillfactor = 10) AS
    SELECT g AS id, repeat(md5(g::text), 30) AS line FROM generate_series(1, %d) g\
    """
        .formatted(table, mib * MIB / 8192);
  }

  /** Runs a statement once per number, in one block; {@code %s} stands for the number. */
  static String repeat(int from, int to, String statement) {
    return "DO $repeat$ BEGIN FOR i IN %d..%d LOOP EXECUTE format($each$%s$each$, i); END LOOP; END $repeat$"
        .formatted(from, to, statement);
  }
}
