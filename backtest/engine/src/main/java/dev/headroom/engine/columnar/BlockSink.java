package dev.headroom.engine.columnar;

/** Takes rows of whole numbers, table by table. */
public interface BlockSink {

  /**
   * Appends a row to a table.
   *
   * @param values one for each column of the table; looked at only where one is present
   * @param present one bit for each column, set where there is a value
   */
  void append(int table, long[] values, long present);
}
