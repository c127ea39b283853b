package dev.headroom.formula.syntax;

import dev.headroom.formula.syntax.Token.Kind;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Splits the text into words. Line ends inside brackets, and behind a backslash, are blanks; any
 * other line end or {@code ;} ends a statement.
 */
final class Lexer {

  private static final Map<String, Kind> KEYWORDS =
      Map.of(
          "param", Kind.PARAM,
          "in", Kind.IN,
          "if", Kind.IF,
          "else", Kind.ELSE,
          "and", Kind.AND,
          "or", Kind.OR,
          "not", Kind.NOT);

  private static final Map<String, Kind> SYMBOLS =
      Map.ofEntries(
          Map.entry("+", Kind.PLUS),
          Map.entry("-", Kind.MINUS),
          Map.entry("*", Kind.STAR),
          Map.entry("**", Kind.POWER),
          Map.entry("/", Kind.SLASH),
          Map.entry("//", Kind.FLOOR_DIVIDE),
          Map.entry("%", Kind.PERCENT),
          Map.entry("<", Kind.LESS),
          Map.entry("<=", Kind.LESS_EQUAL),
          Map.entry(">", Kind.GREATER),
          Map.entry(">=", Kind.GREATER_EQUAL),
          Map.entry("==", Kind.EQUAL),
          Map.entry("!=", Kind.NOT_EQUAL),
          Map.entry("=", Kind.ASSIGN),
          Map.entry("(", Kind.LEFT_PAREN),
          Map.entry(")", Kind.RIGHT_PAREN),
          Map.entry("[", Kind.LEFT_BRACKET),
          Map.entry("]", Kind.RIGHT_BRACKET),
          Map.entry(",", Kind.COMMA),
          Map.entry(";", Kind.END_OF_STATEMENT));

  private static final Map<String, String> OTHER_LANGUAGES =
      Map.of(
          "&", "write and",
          "|", "write or",
          "!", "write not, or != to compare",
          "^", "write ** for a power",
          "?", "write a if condition else b",
          "{", "write ( and )",
          "}", "write ( and )",
          "\\", "a backslash may only stand at the very end of a line",
          "\"", "there are no texts in this language",
          "'", "there are no texts in this language");

  private final Source source;
  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int position;
  private int openBrackets;

  Lexer(Source source) {
    this.source = source;
    this.text = source.text();
  }

  /** All tokens, the last of them {@link Kind#END}. */
  List<Token> tokens() {
    while (position < text.length()) {
      char c = text.charAt(position);
      if (c == '\n') {
        endOfLine();
      } else if (c == '#') {
        int end = text.indexOf('\n', position);
        position = end < 0 ? text.length() : end;
      } else if (c == '\\' && isLineEnd(position + 1)) {
        position = Math.min(text.length(), text.indexOf('\n', position) + 1);
      } else if (Character.isWhitespace(c) || c == '\uFEFF') {
        position++;
      } else if (isDigit(c) || (c == '.' && isDigit(at(position + 1)))) {
        number();
      } else if (isNameStart(c)) {
        name();
      } else {
        symbol();
      }
    }
    tokens.add(new Token(Kind.END, "", 0, new Span(text.length(), text.length())));
    return List.copyOf(tokens);
  }

  private void endOfLine() {
    if (openBrackets == 0) {
      add(Kind.END_OF_STATEMENT, position + 1);
    } else {
      position++;
    }
  }

  /**
   * Digits with an optional fraction and exponent, and letters behind them without a gap: the unit.
   */
  private void number() {
    int end = digits(position);
    if (at(end) == '.') {
      end = digits(end + 1);
    }
    if (at(end) == 'e' || at(end) == 'E') {
      int sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
      if (isDigit(at(end + 1 + sign))) {
        end = digits(end + 1 + sign);
      }
    }
    int digits = end - position;
    while (isNamePart(at(end))) {
      end++;
    }
    add(Kind.NUMBER, digits, end);
  }

  /** Letters, digits and underscores; a dot goes on with the name, as in {@code memory.max}. */
  private void name() {
    int end = position;
    while (isNamePart(at(end)) || (at(end) == '.' && isNameStart(at(end + 1)))) {
      end++;
    }
    add(KEYWORDS.getOrDefault(text.substring(position, end), Kind.NAME), end);
  }

  private void symbol() {
    for (int length = 2; length >= 1; length--) {
      int end = Math.min(text.length(), position + length);
      Kind kind = SYMBOLS.get(text.substring(position, end));
      if (kind != null) {
        countBrackets(kind);
        add(kind, end);
        return;
      }
    }
    String character = text.substring(position, text.offsetByCodePoints(position, 1));
    var span = new Span(position, position + character.length());
    int codePoint = character.codePointAt(0);
    String shown =
        Character.isISOControl(codePoint) || !Character.isDefined(codePoint)
            ? "U+%04X".formatted(codePoint)
            : "'" + character + "'";
    throw source.error(
        span,
        "unexpected character " + shown,
        OTHER_LANGUAGES.getOrDefault(
            character, "names are made of the letters a to z, digits and _"));
  }

  private void countBrackets(Kind kind) {
    if (kind == Kind.LEFT_PAREN || kind == Kind.LEFT_BRACKET) {
      openBrackets++;
    } else if (kind == Kind.RIGHT_PAREN || kind == Kind.RIGHT_BRACKET) {
      openBrackets = Math.max(0, openBrackets - 1);
    }
  }

  private void add(Kind kind, int end) {
    add(kind, 0, end);
  }

  private void add(Kind kind, int digits, int end) {
    tokens.add(new Token(kind, text.substring(position, end), digits, new Span(position, end)));
    position = end;
  }

  private int digits(int from) {
    int end = from;
    while (isDigit(at(end)) || at(end) == '_') {
      end++;
    }
    return end;
  }

  private boolean isLineEnd(int from) {
    return at(from) == '\n' || (at(from) == '\r' && at(from + 1) == '\n');
  }

  /** The char at an offset, or NUL behind the end. */
  private char at(int offset) {
    return offset < text.length() ? text.charAt(offset) : '\0';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static boolean isNameStart(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  private static boolean isNamePart(char c) {
    return isNameStart(c) || isDigit(c);
  }
}
