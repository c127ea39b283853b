package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.PolicyResult;
import java.util.List;

/** The verdict table in Markdown, for a pipe, a ticket or a pull request. */
public final class MarkdownReport {

  private MarkdownReport() {}

  /** The table, and below it the reasons of each candidate, folded. */
  public static String render(BacktestResult result) {
    StringBuilder text = new StringBuilder(summary(result));
    result.policies().forEach(policy -> appendReasons(text, result, policy));
    return text.toString();
  }

  /** The table alone, with its notes: as much as a pull request wants. */
  public static String summary(BacktestResult result) {
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

  private static void appendReasons(
      StringBuilder text, BacktestResult result, PolicyResult policy) {
    List<Reason> reasons = Reasons.of(result, policy);
    if (reasons.isEmpty()) {
      return;
    }
    text.append("\n<details><summary>Why: ").append(escape(policy.name())).append("</summary>\n\n");
    for (Reason reason : reasons) {
      text.append("- **").append(reason.topic()).append("**: ");
      text.append(escape(reason.text())).append('\n');
      reason.items().forEach(item -> text.append("  - ").append(escape(item)).append('\n'));
    }
    text.append("\n</details>\n");
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
