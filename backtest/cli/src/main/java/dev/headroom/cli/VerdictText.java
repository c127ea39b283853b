package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.report.MarkdownReport;
import dev.headroom.engine.report.TextReport;

/** How a result is printed: for a person at a terminal, or short enough for a pull request. */
public final class VerdictText {

  private VerdictText() {}

  /** Several lines, each ended. */
  public static String of(BacktestResult result, Terminal terminal) {
    return terminal.outIsTerminal() ? TextReport.render(result) : MarkdownReport.summary(result);
  }
}
