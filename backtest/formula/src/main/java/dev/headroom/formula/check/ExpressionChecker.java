package dev.headroom.formula.check;

import dev.headroom.formula.FormulaException;
import dev.headroom.formula.Warning;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Expr.Setting;
import dev.headroom.formula.ast.Function;
import dev.headroom.formula.ast.Type;
import dev.headroom.formula.ast.Type.Quantity;
import dev.headroom.formula.ast.WindowFunction;
import dev.headroom.formula.ast.WindowFunction.Argument;
import dev.headroom.formula.syntax.LiteralUnit;
import dev.headroom.formula.syntax.Operator;
import dev.headroom.formula.syntax.Source;
import dev.headroom.formula.syntax.Span;
import dev.headroom.formula.syntax.Syntax;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/** Checks one expression at a time against the names known so far. */
final class ExpressionChecker {

  /** A plain number below this that meets bytes was probably meant as KiB or MiB. */
  private static final double SUSPICIOUSLY_FEW_BYTES = 65_536;

  private final Source source;
  private final Scope scope;
  private final List<Warning> warnings;
  private int windowCount;

  ExpressionChecker(Source source, Scope scope, List<Warning> warnings) {
    this.source = source;
    this.scope = scope;
    this.warnings = warnings;
  }

  /** How many windows were seen. */
  int windowCount() {
    return windowCount;
  }

  static Expr.Constant constant(Syntax.Literal number) {
    Quantity type =
        number.unit() == LiteralUnit.NONE ? Type.LITERAL : Type.of(number.unit().dimension());
    return new Expr.Constant(number.value(), type);
  }

  /** Whether it is the same at every sample. */
  static boolean isConstant(Expr expr) {
    if (expr instanceof Expr.VariableValue variable) {
      return variable.constant();
    }
    for (Expr child : expr.children()) {
      if (!isConstant(child)) {
        return false;
      }
    }
    return !(expr instanceof Expr.InputValue || expr instanceof Expr.Windowed);
  }

  /**
   * The meaning of an expression.
   *
   * @throws FormulaException if it has none
   */
  Expr check(Syntax syntax) {
    return switch (syntax) {
      case Syntax.Literal number -> constant(number);
      case Syntax.Name(String name, Span span) -> scope.resolve(name, span);
      case Syntax.Call call -> call(call);
      case Syntax.Negate negate -> {
        Expr operand = check(negate.operand());
        yield new Expr.Negate(operand, quantity(operand, negate.span()));
      }
      case Syntax.Not not -> new Expr.Not(condition(not.operand(), not.span()));
      case Syntax.Binary binary -> binary(binary);
      case Syntax.Comparison comparison -> comparison(comparison);
      case Syntax.And and ->
          new Expr.And(condition(and.left(), and.span()), condition(and.right(), and.span()));
      case Syntax.Or or ->
          new Expr.Or(condition(or.left(), or.span()), condition(or.right(), or.span()));
      case Syntax.Conditional conditional -> conditional(conditional);
    };
  }

  private Expr binary(Syntax.Binary syntax) {
    Expr left = check(syntax.left());
    Expr right = check(syntax.right());
    Operator operator = syntax.operator();
    Span span = syntax.span();
    Quantity a = quantity(left, span);
    Quantity b = quantity(right, span);
    Quantity type =
        switch (operator) {
          case ADD, SUBTRACT, REMAINDER -> {
            warnOfFewBytes(left, b, syntax.left());
            warnOfFewBytes(right, a, syntax.right());
            yield common(a, b, span, "%s " + operator.words() + " %s");
          }
          case MULTIPLY -> bounded(Dimensions.product(a, b), span);
          case DIVIDE, FLOOR_DIVIDE -> bounded(Dimensions.quotient(a, b), span);
          case POWER -> power(a, b, right, span);
        };
    return new Expr.Binary(operator, left, right, type);
  }

  private Quantity power(Quantity base, Quantity exponent, Expr value, Span span) {
    if (!exponent.dimensionless()) {
      throw source.error(
          span,
          "%s to the power of %s".formatted(base.words(), exponent.words()),
          "an exponent is a plain number");
    }
    OptionalInt whole = wholeNumber(value);
    if (whole.isPresent()) {
      return bounded(Dimensions.power(base, whole.getAsInt()), span);
    }
    if (!base.dimensionless()) {
      throw source.error(
          span,
          "%s to a power that is not a whole number written out".formatted(base.words()),
          "write the exponent as a number, as in memory_max ** 2");
    }
    return base.literal() && exponent.literal() ? Type.LITERAL : Type.NUMBER;
  }

  private static OptionalInt wholeNumber(Expr expr) {
    return switch (expr) {
      case Expr.Constant(double value, _) when value == Math.rint(value) ->
          OptionalInt.of((int) value);
      case Expr.Negate(Expr.Constant(double value, _), _) when value == Math.rint(value) ->
          OptionalInt.of((int) -value);
      default -> OptionalInt.empty();
    };
  }

  private Expr comparison(Syntax.Comparison syntax) {
    var operands = new ArrayList<Expr>();
    for (Syntax operand : syntax.operands()) {
      operands.add(check(operand));
    }
    for (int i = 0; i < syntax.relations().size(); i++) {
      Span span = syntax.spans().get(i);
      Quantity a = quantity(operands.get(i), span);
      Quantity b = quantity(operands.get(i + 1), span);
      warnOfFewBytes(operands.get(i), b, syntax.operands().get(i));
      warnOfFewBytes(operands.get(i + 1), a, syntax.operands().get(i + 1));
      common(a, b, span, "%s compared with %s");
    }
    return new Expr.Comparison(List.copyOf(operands), syntax.relations());
  }

  private Expr conditional(Syntax.Conditional syntax) {
    Expr condition = condition(syntax.condition(), syntax.span());
    Expr then = check(syntax.then());
    Expr otherwise = check(syntax.otherwise());
    if (then.type().equals(Type.TRUTH) && otherwise.type().equals(Type.TRUTH)) {
      return new Expr.Conditional(condition, then, otherwise, Type.TRUTH);
    }
    Quantity a = quantity(then, syntax.span());
    Quantity b = quantity(otherwise, syntax.span());
    warnOfFewBytes(then, b, syntax.then());
    warnOfFewBytes(otherwise, a, syntax.otherwise());
    return new Expr.Conditional(
        condition, then, otherwise, common(a, b, syntax.span(), "either %s or %s"));
  }

  private Expr call(Syntax.Call syntax) {
    Optional<WindowFunction> windowed = WindowFunction.find(syntax.function());
    if (windowed.isPresent()) {
      return windowed(windowed.get(), syntax);
    }
    Function function =
        Function.find(syntax.function())
            .orElseThrow(() -> scope.unknownFunction(syntax.function(), syntax.span()));
    if (!function.takes(syntax.arguments().size())) {
      String past =
          Function.MIN == function || Function.MAX == function
              ? "; for the past of one value %s_over_time(x, 5m)".formatted(function.functionName())
              : "";
      throw wrongArguments(syntax, function.signature() + past);
    }
    var arguments = new ArrayList<Expr>();
    for (Syntax argument : syntax.arguments()) {
      arguments.add(check(argument));
    }
    return new Expr.Call(function, List.copyOf(arguments), typeOf(function, arguments, syntax));
  }

  private Quantity typeOf(Function function, List<Expr> arguments, Syntax.Call syntax) {
    Span span = syntax.span();
    Quantity type = quantity(arguments.getFirst(), span);
    return switch (function) {
      case ABS, FLOOR, CEIL -> type;
      case SQRT ->
          Dimensions.squareRoot(type)
              .orElseThrow(() ->
                  source.error(
                      span,
                      "sqrt of " + type.words(),
                      "take the root of a square, as in sqrt(anon * file)"));
      case LOG, EXP -> {
        if (!type.dimensionless()) {
          throw source.error(
              span,
              "%s of %s".formatted(function.functionName(), type.words()),
              "divide by a unit first, as in log(memory_max / 1MiB)");
        }
        yield type.literal() ? Type.LITERAL : Type.NUMBER;
      }
      case MIN, MAX, CLAMP, DEFAULT -> commonOfAll(arguments, syntax);
    };
  }

  private Quantity commonOfAll(List<Expr> arguments, Syntax.Call syntax) {
    Quantity type = quantity(arguments.getFirst(), syntax.span());
    for (int i = 1; i < arguments.size(); i++) {
      Quantity next = quantity(arguments.get(i), syntax.span());
      type =
          common(type, next, syntax.arguments().get(i).span(), syntax.function() + " of %s and %s");
    }
    for (int i = 0; i < arguments.size(); i++) {
      warnOfFewBytes(arguments.get(i), type, syntax.arguments().get(i));
    }
    return type;
  }

  private Expr windowed(WindowFunction function, Syntax.Call syntax) {
    List<Argument> roles = function.arguments();
    if (syntax.arguments().size() != roles.size()) {
      throw wrongArguments(syntax, function.signature());
    }
    @Nullable Expr value = null;
    @Nullable Setting window = null;
    @Nullable Setting extra = null;
    for (int i = 0; i < roles.size(); i++) {
      Syntax argument = syntax.arguments().get(i);
      switch (roles.get(i)) {
        case VALUE -> value = check(argument);
        case WINDOW ->
            window = setting(argument, Type.DURATION, "the window of " + function.functionName());
        case AHEAD -> extra = setting(argument, Type.DURATION, "the time ahead");
        case QUANTILE -> extra = setting(argument, Type.NUMBER, "the quantile");
      }
    }
    if (value == null || window == null) {
      throw new IllegalStateException(function + " needs a value and a window");
    }
    Quantity of = quantity(value, syntax.span());
    Quantity type =
        switch (function) {
          case RATE, DERIV -> bounded(Dimensions.perSecond(of), syntax.span());
          default -> of;
        };
    return new Expr.Windowed(function, windowCount++, value, window, extra, type);
  }

  private Setting setting(Syntax syntax, Quantity wanted, String what) {
    Expr value = check(syntax);
    boolean isDuration = wanted.equals(Type.DURATION);
    boolean fits =
        value.type().equals(wanted) || (!isDuration && value.type().equals(Type.LITERAL));
    if (!fits) {
      throw source.error(
          syntax.span(),
          "%s must be a %s, not %s".formatted(what, wanted.words(), value.type().words()),
          isDuration ? "write the unit: 500ms 30s 5m 1h 7d" : "write a number from 0 to 1");
    }
    if (!isConstant(value)) {
      throw source.error(
          syntax.span(), what + " must be the same at every sample", "use a literal or a param");
    }
    return new Setting(value, syntax.span());
  }

  private FormulaException wrongArguments(Syntax.Call syntax, String signature) {
    int given = syntax.arguments().size();
    return source.error(
        syntax.span(),
        "%s does not take %d argument%s".formatted(syntax.function(), given, given == 1 ? "" : "s"),
        "write " + signature);
  }

  private Expr condition(Syntax syntax, Span span) {
    Expr expr = check(syntax);
    if (!expr.type().equals(Type.TRUTH)) {
      throw source.error(
          span,
          "'%s' needs a condition, not %s".formatted(source.slice(span), expr.type().words()),
          "compare it, as in connections > 100");
    }
    return expr;
  }

  private Quantity quantity(Expr expr, Span span) {
    if (expr.type() instanceof Quantity quantity) {
      return quantity;
    }
    throw source.error(
        span,
        "'%s' needs a number, not condition".formatted(source.slice(span)),
        "make a number of it, as in 1 if a > b else 0");
  }

  /** The dimension two operands share; {@code reason} has a place for each in the error. */
  Quantity common(Quantity a, Quantity b, Span span, String reason) {
    return Dimensions.common(a, b)
        .orElseThrow(() ->
            source.error(
                span, reason.formatted(a.words(), b.words()), Dimensions.suggestion(a, b)));
  }

  private Quantity bounded(Optional<Quantity> type, Span span) {
    return type.orElseThrow(() ->
        source.error(
            span,
            "the exponent of the dimension is out of range",
            "divide by a unit in between, as in memory_max / 1MiB"));
  }

  private void warnOfFewBytes(Expr expr, Quantity other, Syntax syntax) {
    if (expr instanceof Expr.Constant(double value, Quantity type)
        && type.literal()
        && other.equals(Type.BYTES)
        && value != 0
        && value < SUSPICIOUSLY_FEW_BYTES) {
      Span span = syntax.span();
      String number = source.slice(span);
      warnings.add(
          new Warning(
              source.line(span.start()),
              source.column(span.start()),
              "%s is taken as %s bytes; write %sMiB or %sB to be clear"
                  .formatted(number, number, number, number)));
    }
  }
}
