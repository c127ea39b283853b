package dev.headroom.formula.syntax;

import dev.headroom.formula.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Writes the text of a formula in one layout. Words, comments and the places where a line is broken
 * stay; blanks, indentation, {@code ;} and blank lines become what the language's own pages use.
 * Comments behind neighbouring lines stand below one another.
 *
 * <p>Formatting what was formatted changes nothing.
 */
public final class Layout {

  private static final String INDENT = "    ";
  private static final int BEFORE_COMMENT = 2;

  private static final Set<Kind> OPENING = EnumSet.of(Kind.LEFT_PAREN, Kind.LEFT_BRACKET);
  private static final Set<Kind> CLOSING = EnumSet.of(Kind.RIGHT_PAREN, Kind.RIGHT_BRACKET);

  /**
   * What a value ends with; behind it a sign is an operator, elsewhere it belongs to its operand.
   */
  private static final Set<Kind> ENDS_OF_VALUES =
      EnumSet.of(Kind.NUMBER, Kind.NAME, Kind.RIGHT_PAREN, Kind.RIGHT_BRACKET);

  private static final Line BLANK = new Line("", null);

  /** A line as it will be printed, but for the distance of its comment. */
  private record Line(String code, @Nullable String comment) {
    boolean hasBoth() {
      return !code.isEmpty() && comment != null;
    }
  }

  private final Source source;
  private final List<Line> lines = new ArrayList<>();

  private final StringBuilder code = new StringBuilder();
  private @Nullable String comment;
  private @Nullable Token before;
  private boolean beforeIsSign;
  private boolean endsValue;
  private boolean statementGoesOn;
  private boolean statementEnded;
  private boolean backslashPending;
  private int openBrackets;

  private Layout(Source source) {
    this.source = source;
  }

  /**
   * The text in its layout. A text that would become longer than a formula may be stays as it is.
   *
   * @param source the text of a formula that can be parsed
   */
  public static String format(Source source) {
    String formatted = new Layout(source).format();
    return formatted.length() > Limits.TEXT_LENGTH ? source.text() : formatted;
  }

  private String format() {
    int end = 0;
    for (Token token : new Lexer(source).tokens()) {
      between(source.text().substring(end, token.span().start()));
      end = token.span().end();
      switch (token.kind()) {
        case END -> {}
        case END_OF_STATEMENT -> {
          if (token.text().equals(";")) {
            statementEnded = true;
          } else {
            endLine();
          }
        }
        default -> add(token);
      }
    }
    endLine();
    return print();
  }

  /** Takes what stands between two words: blanks, comments and line ends that end no statement. */
  private void between(String gap) {
    for (int i = 0; i < gap.length(); i++) {
      char c = gap.charAt(i);
      if (c == '#') {
        int lineEnd = gap.indexOf('\n', i);
        int end = lineEnd < 0 ? gap.length() : lineEnd;
        comment = written(gap.substring(i + 1, end));
        i = end - 1;
      } else if (c == '\n') {
        endLine();
      } else if (c == '\\') {
        backslashPending = openBrackets == 0 && !code.isEmpty();
        if (!backslashPending) {
          endLineInBrackets();
        }
        i = gap.indexOf('\n', i);
      }
    }
  }

  private static String written(String words) {
    String stripped = words.stripTrailing();
    boolean needsBlank =
        !stripped.isEmpty()
            && !Character.isWhitespace(stripped.charAt(0))
            && stripped.charAt(0) != '#';
    return "#" + (needsBlank ? " " : "") + stripped;
  }

  private void endLineInBrackets() {
    if (openBrackets > 0) {
      endLine();
    }
  }

  private void add(Token token) {
    if (statementEnded) {
      endLine();
    }
    if (backslashPending) {
      code.append(" \\");
      flush();
    }
    boolean closesAtLineStart = code.isEmpty() && CLOSING.contains(token.kind());
    if (code.isEmpty() && statementGoesOn && !closesAtLineStart) {
      code.append(INDENT);
    } else if (!code.isEmpty() && isBlankBefore(token)) {
      code.append(' ');
    }
    code.append(token.text());
    openBrackets += OPENING.contains(token.kind()) ? 1 : 0;
    openBrackets -= CLOSING.contains(token.kind()) ? 1 : 0;
    boolean percentage = isPercentage(token);
    beforeIsSign = !endsValue && (token.is(Kind.MINUS) || token.is(Kind.PLUS));
    endsValue = percentage || ENDS_OF_VALUES.contains(token.kind());
    before = token;
    statementGoesOn = true;
  }

  private boolean isBlankBefore(Token token) {
    if (before == null
        || beforeIsSign
        || OPENING.contains(before.kind())
        || CLOSING.contains(token.kind())
        || token.is(Kind.COMMA)
        || isPercentage(token)) {
      return false;
    }
    return !(token.is(Kind.LEFT_PAREN) && before.is(Kind.NAME));
  }

  /** Whether it is the unit of the number it touches. */
  private boolean isPercentage(Token token) {
    return token.is(Kind.PERCENT)
        && before != null
        && before.is(Kind.NUMBER)
        && before.span().end() == token.span().start();
  }

  /** The end of a line of the text. */
  private void endLine() {
    backslashPending = false;
    boolean empty = code.isEmpty() && comment == null;
    if (!empty) {
      flush();
    } else if (openBrackets == 0 && !lines.isEmpty() && !lines.getLast().equals(BLANK)) {
      lines.add(BLANK);
    }
    if (openBrackets == 0) {
      statementGoesOn = false;
      statementEnded = false;
      before = null;
      beforeIsSign = false;
      endsValue = false;
    }
  }

  private void flush() {
    boolean inside = code.isEmpty() && openBrackets > 0;
    lines.add(new Line(code.toString(), inside ? INDENT + comment : comment));
    code.setLength(0);
    comment = null;
    backslashPending = false;
  }

  private String print() {
    while (!lines.isEmpty() && lines.getLast().equals(BLANK)) {
      lines.removeLast();
    }
    var text = new StringBuilder();
    int i = 0;
    while (i < lines.size()) {
      int end = i;
      int width = 0;
      while (end < lines.size() && lines.get(end).hasBoth()) {
        String words = lines.get(end).code();
        width = Math.max(width, words.codePointCount(0, words.length()));
        end++;
      }
      for (Line line : lines.subList(i, Math.max(end, i + 1))) {
        text.append(line.code());
        if (line.comment() != null) {
          int gap = width - line.code().codePointCount(0, line.code().length()) + BEFORE_COMMENT;
          text.append(" ".repeat(line.hasBoth() ? gap : 0)).append(line.comment());
        }
        text.append('\n');
      }
      i = Math.max(end, i + 1);
    }
    return text.toString();
  }
}
