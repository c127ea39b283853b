package dev.headroom.formula.syntax;

import dev.headroom.formula.FormulaException;
import dev.headroom.formula.syntax.Token.Kind;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Recursive descent with Python's precedence. Depth and size are bounded, so no text can exhaust
 * the stack.
 */
public final class Parser {

  private static final Map<Kind, Relation> RELATIONS =
      Map.of(
          Kind.LESS, Relation.LESS,
          Kind.LESS_EQUAL, Relation.LESS_EQUAL,
          Kind.GREATER, Relation.GREATER,
          Kind.GREATER_EQUAL, Relation.GREATER_EQUAL,
          Kind.EQUAL, Relation.EQUAL,
          Kind.NOT_EQUAL, Relation.NOT_EQUAL);

  private static final Map<Kind, Operator> SUMS =
      Map.of(Kind.PLUS, Operator.ADD, Kind.MINUS, Operator.SUBTRACT);

  private static final Map<Kind, Operator> PRODUCTS =
      Map.of(
          Kind.STAR, Operator.MULTIPLY,
          Kind.SLASH, Operator.DIVIDE,
          Kind.FLOOR_DIVIDE, Operator.FLOOR_DIVIDE,
          Kind.PERCENT, Operator.REMAINDER);

  private static final Set<Kind> STARTS_OF_OPERANDS =
      Set.of(Kind.NUMBER, Kind.NAME, Kind.LEFT_PAREN);

  /** Keeps the arithmetic on literals small; no double needs more. */
  private static final int LITERAL_LENGTH = 60;

  private static final Pattern EXPONENT = Pattern.compile("[eE][+-]?0*([0-9]+)$");

  private static final Pattern MISPLACED_UNDERSCORE = Pattern.compile("_(?![0-9])|(?<![0-9])_");

  private static final String NAME_A_PART = "give a part of it a name in a line of its own";

  private final Source source;
  private final List<Token> tokens;
  private int position;
  private int depth;
  private int nodes;

  private Parser(Source source) {
    this.source = source;
    this.tokens = new Lexer(source).tokens();
  }

  /**
   * The statements of a formula, at least one.
   *
   * @throws FormulaException if the text is not a formula or breaks one of the {@link Limits}
   */
  public static List<Statement> parse(Source source) {
    if (source.text().length() > Limits.TEXT_LENGTH) {
      throw source.error(
          new Span(Limits.TEXT_LENGTH, Limits.TEXT_LENGTH),
          "the formula is longer than %d characters".formatted(Limits.TEXT_LENGTH),
          "shorten its comments, or leave out lines that the limit does not need");
    }
    return new Parser(source).statements();
  }

  private List<Statement> statements() {
    var statements = new ArrayList<Statement>();
    while (true) {
      while (accept(Kind.END_OF_STATEMENT)) {}
      if (peek().is(Kind.END)) {
        break;
      }
      statements.add(statement());
      if (!peek().is(Kind.END) && !peek().is(Kind.END_OF_STATEMENT)) {
        throw unexpected("an operator or the end of the line");
      }
    }
    if (statements.isEmpty()) {
      throw source.error(
          new Span(0, 0), "the formula is empty", "write for example memory_max - shmem - 100MiB");
    }
    return List.copyOf(statements);
  }

  private Statement statement() {
    if (accept(Kind.PARAM)) {
      return paramDeclaration();
    }
    if (peek().is(Kind.NAME) && peek(1).is(Kind.ASSIGN)) {
      Token name = assignable();
      expect(Kind.ASSIGN);
      return new Statement.Assignment(name.text(), expression(), name.span());
    }
    Token first = peek();
    Syntax value = expression();
    if (peek().is(Kind.ASSIGN)) {
      throw source.error(peek().span(), "only a name can be assigned", "write == to compare");
    }
    return new Statement.Expression(value, first.span().to(peek(-1).span()));
  }

  private Statement paramDeclaration() {
    Token name = assignable();
    expect(Kind.ASSIGN);
    Syntax.Literal value = signedNumber();
    if (!accept(Kind.IN)) {
      throw source.error(
          peek().span(),
          "a param needs the range it may take",
          "write param %s = %s in [low, high]".formatted(name.text(), source.slice(value.span())));
    }
    expect(Kind.LEFT_BRACKET);
    Syntax.Literal min = signedNumber();
    expect(Kind.COMMA);
    Syntax.Literal max = signedNumber();
    expect(Kind.RIGHT_BRACKET);
    return new Statement.ParamDeclaration(name.text(), value, min, max, name.span());
  }

  private Token assignable() {
    Token name = expect(Kind.NAME);
    if (name.text().contains(".")) {
      throw source.error(
          name.span(),
          "a name that is assigned cannot have a dot",
          "write " + name.text().replace('.', '_'));
    }
    return name;
  }

  private Syntax.Literal signedNumber() {
    Token sign = peek();
    boolean negative = accept(Kind.MINUS);
    Token digits = peek();
    if (!digits.is(Kind.NUMBER)) {
      throw source.error(
          digits.span(),
          "a param takes plain numbers, found " + describe(digits),
          "compute with the param in a line of its own");
    }
    Syntax.Literal number = number();
    return negative
        ? new Syntax.Literal(-number.value(), number.unit(), sign.span().to(number.span()))
        : number;
  }

  private Syntax expression() {
    enter();
    Syntax then = disjunction();
    Token word = peek();
    if (accept(Kind.IF)) {
      Syntax condition = disjunction();
      if (!accept(Kind.ELSE)) {
        throw source.error(peek().span(), "an 'if' needs an 'else'", "write a if condition else b");
      }
      Syntax otherwise = expression();
      then =
          new Syntax.Conditional(
              condition, then, otherwise, word.span(), above(word, condition, then, otherwise));
    }
    leave();
    return then;
  }

  private Syntax disjunction() {
    Syntax left = conjunction();
    for (Token word = peek(); accept(Kind.OR); word = peek()) {
      Syntax right = conjunction();
      left = new Syntax.Or(left, right, word.span(), above(word, left, right));
    }
    return left;
  }

  private Syntax conjunction() {
    Syntax left = negation();
    for (Token word = peek(); accept(Kind.AND); word = peek()) {
      Syntax right = negation();
      left = new Syntax.And(left, right, word.span(), above(word, left, right));
    }
    return left;
  }

  private Syntax negation() {
    Token word = peek();
    if (!accept(Kind.NOT)) {
      return comparison();
    }
    enter();
    Syntax operand = negation();
    leave();
    return new Syntax.Not(operand, word.span(), above(word, operand));
  }

  private Syntax comparison() {
    Syntax first = sum();
    Token sign = peek();
    if (!RELATIONS.containsKey(sign.kind())) {
      return first;
    }
    var operands = new ArrayList<Syntax>(List.of(first));
    var relations = new ArrayList<Relation>();
    var spans = new ArrayList<Span>();
    for (Relation relation = RELATIONS.get(peek().kind());
        relation != null;
        relation = RELATIONS.get(peek().kind())) {
      relations.add(relation);
      spans.add(next().span());
      operands.add(sum());
    }
    int height = above(sign, operands.toArray(Syntax[]::new));
    return new Syntax.Comparison(
        List.copyOf(operands), List.copyOf(relations), List.copyOf(spans), height);
  }

  private Syntax sum() {
    Syntax left = product();
    for (Operator operator = SUMS.get(peek().kind());
        operator != null;
        operator = SUMS.get(peek().kind())) {
      Token sign = next();
      left = binary(operator, left, product(), sign);
    }
    return left;
  }

  private Syntax product() {
    Syntax left = signed();
    for (Operator operator = PRODUCTS.get(peek().kind());
        operator != null;
        operator = PRODUCTS.get(peek().kind())) {
      Token sign = next();
      left = binary(operator, left, signed(), sign);
    }
    return left;
  }

  private Syntax signed() {
    Token sign = peek();
    if (!sign.is(Kind.MINUS) && !sign.is(Kind.PLUS)) {
      return power();
    }
    next();
    enter();
    Syntax operand = signed();
    leave();
    return sign.is(Kind.PLUS)
        ? operand
        : new Syntax.Negate(operand, sign.span(), above(sign, operand));
  }

  /**
   * Binds tighter than a sign on its left and looser than one on its right, as in {@code 2 ** -1}.
   */
  private Syntax power() {
    Syntax base = primary();
    Token sign = peek();
    if (!accept(Kind.POWER)) {
      return base;
    }
    enter();
    Syntax exponent = signed();
    leave();
    return binary(Operator.POWER, base, exponent, sign);
  }

  private Syntax primary() {
    Token token = peek();
    if (token.is(Kind.NUMBER)) {
      return number();
    }
    if (token.is(Kind.NAME)) {
      next();
      if (peek().is(Kind.LEFT_PAREN)) {
        return call(token);
      }
      count(token);
      return new Syntax.Name(token.text(), token.span());
    }
    if (accept(Kind.LEFT_PAREN)) {
      Syntax inner = expression();
      if (!accept(Kind.RIGHT_PAREN)) {
        throw unclosed(token);
      }
      return inner;
    }
    throw unexpected("a value");
  }

  private Syntax call(Token function) {
    Token open = next();
    var arguments = new ArrayList<Syntax>();
    if (!peek().is(Kind.RIGHT_PAREN)) {
      do {
        arguments.add(expression());
      } while (accept(Kind.COMMA));
    }
    if (!accept(Kind.RIGHT_PAREN)) {
      throw unclosed(open);
    }
    int height = above(function, arguments.toArray(Syntax[]::new));
    return new Syntax.Call(function.text(), List.copyOf(arguments), function.span(), height);
  }

  /** A number; a {@code %} right behind it is its unit and never the remainder. */
  private Syntax.Literal number() {
    Token token = next();
    count(token);
    String written = token.text().substring(0, token.digits());
    String digits = written.replace("_", "");
    String symbol = token.text().substring(token.digits());
    if (MISPLACED_UNDERSCORE.matcher(written).find()) {
      throw source.error(
          token.span(), "an underscore must stand between digits", "write " + digits + symbol);
    }
    Span span = token.span();
    LiteralUnit unit = LiteralUnit.find(symbol).orElse(null);
    if (unit == null) {
      throw source.error(
          span, "unknown unit '%s'".formatted(symbol), LiteralUnit.suggestionFor(digits, symbol));
    }
    if (peek().is(Kind.PERCENT) && peek().span().start() == span.end()) {
      if (unit != LiteralUnit.NONE) {
        throw source.error(peek().span(), "a number has one unit", "put a blank before the %");
      }
      span = span.to(next().span());
      unit = LiteralUnit.PERCENT;
      if (STARTS_OF_OPERANDS.contains(peek().kind())) {
        throw source.error(
            peek().span(),
            "a value behind the percentage " + source.slice(span),
            "write %s * %s for a share, or put a blank before the %% for the remainder"
                .formatted(source.slice(span), peek().text()));
      }
    }
    return new Syntax.Literal(valueOf(digits, unit, span), unit, span);
  }

  private double valueOf(String digits, LiteralUnit unit, Span span) {
    Matcher exponent = EXPONENT.matcher(digits);
    boolean bounded =
        digits.length() <= LITERAL_LENGTH && (!exponent.find() || exponent.group(1).length() <= 3);
    double value =
        bounded
            ? new BigDecimal(digits).multiply(unit.factor()).doubleValue()
            : Double.POSITIVE_INFINITY;
    if (Double.isInfinite(value)) {
      throw source.error(
          span,
          "the number is out of range",
          "write at most %d digits and a size below 1.8e308, as in 1.5e9"
              .formatted(LITERAL_LENGTH));
    }
    return value;
  }

  private Syntax.Binary binary(Operator operator, Syntax left, Syntax right, Token sign) {
    return new Syntax.Binary(operator, left, right, sign.span(), above(sign, left, right));
  }

  /** Counts a node that stands above others, and returns its height. */
  private int above(Token at, Syntax... children) {
    count(at);
    int highest = 0;
    for (Syntax child : children) {
      highest = Math.max(highest, child.height());
    }
    if (highest >= Limits.HEIGHT) {
      throw source.error(
          at.span(),
          "the expression has more than %d levels of operators".formatted(Limits.HEIGHT),
          NAME_A_PART);
    }
    return highest + 1;
  }

  private void count(Token at) {
    if (++nodes > Limits.NODES) {
      throw source.error(
          at.span(),
          "the formula has more than %d terms".formatted(Limits.NODES),
          "give a part that is repeated a name, as in floor = shmem + page_tables");
    }
  }

  private void enter() {
    if (++depth > Limits.NESTING) {
      throw source.error(
          peek().span(),
          "more than %d brackets, calls or signs inside one another".formatted(Limits.NESTING),
          NAME_A_PART);
    }
  }

  private void leave() {
    depth--;
  }

  private Token expect(Kind kind) {
    if (!peek().is(kind)) {
      throw unexpected(kind.description());
    }
    return next();
  }

  private boolean accept(Kind kind) {
    boolean found = peek().is(kind);
    if (found) {
      position++;
    }
    return found;
  }

  private Token next() {
    return tokens.get(position++);
  }

  private Token peek() {
    return peek(0);
  }

  private Token peek(int ahead) {
    return tokens.get(Math.min(position + ahead, tokens.size() - 1));
  }

  private FormulaException unclosed(Token open) {
    Token found = peek();
    if (found.is(Kind.END)) {
      return source.error(
          open.span(),
          "this '(' is never closed",
          "write ) behind its last value, as in abs(anon)");
    }
    return unexpected("an operator, ',' or ')'");
  }

  private FormulaException unexpected(String expected) {
    Token found = peek();
    return source.error(
        found.span().end() > found.span().start() && !found.is(Kind.END_OF_STATEMENT)
            ? found.span()
            : new Span(found.span().start(), found.span().start()),
        "expected %s, found %s".formatted(expected, describe(found)),
        suggestionFor(found));
  }

  private String suggestionFor(Token found) {
    Token before = position > 0 ? peek(-1) : found;
    if (before.is(Kind.NUMBER)
        && found.is(Kind.NAME)
        && LiteralUnit.find(found.text()).isPresent()) {
      return "write the unit without a blank: " + before.text() + found.text();
    }
    return switch (found.kind()) {
      case END_OF_STATEMENT ->
          "to go on in the next line, put the expression in brackets or end the line with \\";
      case ASSIGN -> "write == to compare";
      case RIGHT_PAREN -> "there is no '(' for it";
      case LEFT_BRACKET -> "a look at the past is written max_over_time(x, 5m)";
      case PARAM, IN, IF, ELSE, AND, OR, NOT ->
          "'%s' is a word of the language and cannot be a name".formatted(found.text());
      case NUMBER, NAME, LEFT_PAREN ->
          "between two values stands an operator, as in connections * 8MiB";
      default -> "a line is written as in limit = memory_max - shmem - 100MiB";
    };
  }

  private static String describe(Token token) {
    return switch (token.kind()) {
      case NAME, NUMBER -> "'" + token.text() + "'";
      default -> token.kind().description();
    };
  }
}
