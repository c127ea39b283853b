package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.PolicyResult;
import java.util.List;

/**
 * The verdict table for a terminal, columns in line, no colour; of a few candidates the reasons.
 */
public final class TextReport {

  private static final String BETWEEN_COLUMNS = "   ";

  /** With more candidates a screen would hold nothing but reasons; Markdown and HTML have all. */
  private static final int MOST_EXPLAINED = 3;

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
    List<PolicyResult> candidates =
        result.policies().stream().filter(policy -> policy.judgement() != null).toList();
    if (candidates.size() <= MOST_EXPLAINED) {
      candidates.forEach(policy -> appendReasons(text, result, policy));
    }
    return text.toString();
  }

  private static void appendReasons(
      StringBuilder text, BacktestResult result, PolicyResult policy) {
    text.append('\n').append(policy.name()).append('\n');
    List<Reason> reasons = Reasons.of(result, policy);
    int width = reasons.stream().mapToInt(reason -> reason.topic().length()).max().orElse(0);
    for (Reason reason : reasons) {
      text.append("  ").append(reason.topic()).repeat(' ', width - reason.topic().length());
      text.append("  ").append(reason.text()).append('\n');
      for (String item : reason.items()) {
        text.repeat(' ', width + 4).append("- ").append(item).append('\n');
      }
    }
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
