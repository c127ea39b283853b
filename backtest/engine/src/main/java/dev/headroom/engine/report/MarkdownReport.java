package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import java.util.List;

/** The verdict table in Markdown, for a pipe, a ticket or a pull request. */
public final class MarkdownReport {

  private MarkdownReport() {}

  /** Several lines, each ended. */
  public static String render(BacktestResult result) {
    VerdictTable table = VerdictTable.of(result);
    StringBuilder text = new StringBuilder(escape(table.headline())).append("\n\n");
    appendRow(text, table.columns());
    appendRow(text, table.columns().stream().map(_ -> "---").toList());
    table.rows().forEach(row -> appendRow(text, row));
    if (!table.notes().isEmpty()) {
      text.append('\n');
      table.notes().forEach(note -> text.append("- ").append(escape(note)).append('\n'));
    }
    return text.toString();
  }

  private static void appendRow(StringBuilder text, List<String> cells) {
    text.append('|');
    cells.forEach(cell -> text.append(' ').append(escape(cell)).append(" |"));
    text.append('\n');
  }

  private static String escape(String cell) {
    return cell.replace("\\", "\\\\").replace("|", "\\|").replace("<", "&lt;").replace("\n", " ");
  }
}
