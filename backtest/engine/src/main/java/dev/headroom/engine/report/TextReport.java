package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import java.util.List;

/** The verdict table for a terminal: columns in line, no colour. */
public final class TextReport {

  private static final String BETWEEN_COLUMNS = "   ";

  private TextReport() {}

  /** Several lines, each ended. */
  public static String render(BacktestResult result) {
    VerdictTable table = VerdictTable.of(result);
    int[] widths = new int[table.columns().size()];
    widen(widths, table.columns());
    table.rows().forEach(row -> widen(widths, row));
    StringBuilder text = new StringBuilder(table.headline()).append('\n');
    appendRow(text, widths, table.columns());
    table.rows().forEach(row -> appendRow(text, widths, row));
    table.notes().forEach(note -> text.append("note: ").append(note).append('\n'));
    return text.toString();
  }

  private static void widen(int[] widths, List<String> cells) {
    for (int column = 0; column < widths.length; column++) {
      widths[column] = Math.max(widths[column], cells.get(column).length());
    }
  }

  private static void appendRow(StringBuilder text, int[] widths, List<String> cells) {
    StringBuilder line = new StringBuilder();
    for (int column = 0; column < widths.length; column++) {
      String cell = cells.get(column);
      line.append(cell).repeat(' ', widths[column] - cell.length()).append(BETWEEN_COLUMNS);
    }
    text.append(line.toString().stripTrailing()).append('\n');
  }
}
