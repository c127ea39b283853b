package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * The ways a result can be written. Each is a function of the result: the same bytes for the same.
 */
public enum ReportFormat {
  /** For a terminal. */
  TEXT("txt"),
  /** For a ticket or a pull request. */
  MARKDOWN("md"),
  /** For a program. */
  JSON("json"),
  /** For a browser: one file with its pictures, without scripts and requests. */
  HTML("html"),
  /** For a pipeline, where an open verdict is a skipped test; see {@link JUnitReport}. */
  JUNIT("xml");

  private final String extension;

  ReportFormat(String extension) {
    this.extension = extension;
  }

  /** What files in this format end in, without the dot. */
  public String extension() {
    return extension;
  }

  /** The whole result, ended by a line feed; to be written as UTF-8. */
  public String render(BacktestResult result) {
    return switch (this) {
      case TEXT -> TextReport.render(result);
      case MARKDOWN -> MarkdownReport.render(result);
      case JSON -> JsonReport.render(result);
      case HTML -> HtmlReport.render(result);
      case JUNIT -> JUnitReport.render(result, OpenVerdict.SKIPPED);
    };
  }

  /** The format of a file with this name, by its ending. */
  public static Optional<ReportFormat> findByFileName(String fileName) {
    String lower = fileName.toLowerCase(Locale.ROOT);
    return Arrays.stream(values())
        .filter(format -> lower.endsWith("." + format.extension))
        .findFirst();
  }
}
