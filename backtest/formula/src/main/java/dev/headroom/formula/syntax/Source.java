package dev.headroom.formula.syntax;

import dev.headroom.formula.FormulaException;
import org.jspecify.annotations.Nullable;

/** The text of a formula, and the words of every complaint about it. */
public record Source(String text) {

  private static final int SHOWN_AROUND = 60;
  private static final String CUT = "…";

  /** The line of an offset, from 1. */
  public int line(int offset) {
    int line = 1;
    for (int i = 0; i < offset; i++) {
      if (text.charAt(i) == '\n') {
        line++;
      }
    }
    return line;
  }

  /** The column of an offset in code points, from 1. */
  public int column(int offset) {
    return text.codePointCount(lineStart(offset), offset) + 1;
  }

  /** The text of a span. */
  public String slice(Span span) {
    return text.substring(span.start(), span.end());
  }

  /** An error at a span. */
  public FormulaException error(Span span, String reason) {
    return new FormulaException(this, span, reason, null);
  }

  /** An error at a span that says what to write instead. */
  public FormulaException error(Span span, String reason, @Nullable String suggestion) {
    return new FormulaException(this, span, reason, suggestion);
  }

  /**
   * The full message: place and reason, the source line, carets, suggestion. Long lines are cut
   * around the span; tabs and control characters are shown as one blank, so that the carets stand
   * right.
   */
  public String describe(Span span, String reason, @Nullable String suggestion) {
    int lineStart = lineStart(span.start());
    int lineEnd = lineEnd(span.start());
    int end = Math.clamp(span.end(), span.start(), lineEnd);
    int from = clip(Math.max(lineStart, span.start() - SHOWN_AROUND));
    int to = clip(Math.min(lineEnd, span.start() + SHOWN_AROUND));
    end = Math.min(end, to);

    String before = (from > lineStart ? CUT : "") + printable(from, span.start());
    String after = printable(span.start(), to) + (to < lineEnd ? CUT : "");
    int carets = Math.max(1, text.codePointCount(span.start(), Math.max(end, span.start())));
    var message =
        new StringBuilder()
            .append("line %d, column %d: ".formatted(line(span.start()), column(span.start())))
            .append(reason)
            .append("\n  ")
            .append((before + after).stripTrailing())
            .append("\n  ")
            .append(" ".repeat(before.codePointCount(0, before.length())))
            .append("^".repeat(carets));
    if (suggestion != null) {
      message.append('\n').append(suggestion);
    }
    return message.toString();
  }

  private int lineStart(int offset) {
    return text.lastIndexOf('\n', offset - 1) + 1;
  }

  private int lineEnd(int offset) {
    int end = text.indexOf('\n', offset);
    return end < 0 ? text.length() : end;
  }

  /** Moves an offset out of the middle of a surrogate pair. */
  private int clip(int offset) {
    boolean splits =
        offset > 0
            && offset < text.length()
            && Character.isSurrogatePair(text.charAt(offset - 1), text.charAt(offset));
    return splits ? offset - 1 : offset;
  }

  private String printable(int from, int to) {
    var shown = new StringBuilder();
    text.substring(from, to)
        .codePoints()
        .map(c -> Character.isISOControl(c) || Character.getType(c) == Character.FORMAT ? ' ' : c)
        .forEach(shown::appendCodePoint);
    return shown.toString();
  }
}
