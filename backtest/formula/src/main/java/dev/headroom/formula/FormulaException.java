package dev.headroom.formula;

import dev.headroom.formula.syntax.Source;
import dev.headroom.formula.syntax.Span;
import java.io.Serial;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A formula that cannot be used, and where it goes wrong. The message has the place, the reason,
 * the source line with carets under the part that is meant, and, where there is one, what to write
 * instead.
 */
public final class FormulaException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final String reason;
  private final @Nullable String suggestion;

  public FormulaException(Source source, Span span, String reason, @Nullable String suggestion) {
    super(source.describe(span, reason, suggestion));
    this.line = source.line(span.start());
    this.column = source.column(span.start());
    this.reason = reason;
    this.suggestion = suggestion;
  }

  @Override
  public String getMessage() {
    return Objects.requireNonNull(super.getMessage());
  }

  /** The line of the fault, from 1. */
  public int line() {
    return line;
  }

  /** The column of the fault in characters, from 1. */
  public int column() {
    return column;
  }

  /** What is wrong, without place and source. */
  public String reason() {
    return reason;
  }

  /** What to write instead, if there is something to say. */
  public Optional<String> suggestion() {
    return Optional.ofNullable(suggestion);
  }
}
