package dev.headroom.formula.ast;

import dev.headroom.formula.Dimension;
import dev.headroom.formula.Param;
import java.math.BigDecimal;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Writes a program as text that parses to the same program: one line each, names of inputs instead
 * of aliases, only the brackets that are needed, numbers in the largest unit that fits, lines that
 * nothing needs left out.
 */
public final class CanonicalText {

  private static final int CONDITIONAL = 0;
  private static final int OR = 1;
  private static final int AND = 2;
  private static final int NOT = 3;
  private static final int COMPARISON = 4;
  private static final int SUM = 5;
  private static final int PRODUCT = 6;
  private static final int SIGN = 7;
  private static final int POWER = 8;
  private static final int PRIMARY = 9;

  private record Multiple(String symbol, BigDecimal factor) {}

  private static final List<Multiple> BYTES =
      List.of(
          new Multiple("TiB", new BigDecimal(1L << 40)),
          new Multiple("GiB", new BigDecimal(1L << 30)),
          new Multiple("MiB", new BigDecimal(1L << 20)),
          new Multiple("KiB", new BigDecimal(1L << 10)));

  private static final List<Multiple> SECONDS =
      List.of(
          new Multiple("d", new BigDecimal(86_400)),
          new Multiple("h", new BigDecimal(3_600)),
          new Multiple("m", new BigDecimal(60)));

  private CanonicalText() {}

  /** The text of a program. */
  public static String of(Program program) {
    var text = new StringBuilder();
    for (Param param : program.params()) {
      Type.Quantity type =
          param.dimension() == Dimension.NUMBER ? Type.LITERAL : Type.of(param.dimension());
      text.append(
          "param %s = %s in [%s, %s]\n"
              .formatted(
                  param.name(),
                  number(param.value(), type),
                  number(param.min(), type),
                  number(param.max(), type)));
    }
    for (Program.Variable variable : program.variables()) {
      text.append("%s = %s\n".formatted(variable.name(), of(variable.value())));
    }
    return text.append(of(program.result())).append('\n').toString();
  }

  static String of(Expr expr) {
    return of(expr, CONDITIONAL);
  }

  private static String of(Expr expr, int minLevel) {
    String text = write(expr);
    return level(expr) < minLevel ? "(" + text + ")" : text;
  }

  private static String write(Expr expr) {
    return switch (expr) {
      case Expr.Constant(double value, Type.Quantity type) -> number(value, type);
      case Expr.InputValue value -> value.input().inputName();
      case Expr.ParamValue value -> value.name();
      case Expr.VariableValue value -> value.name();
      case Expr.Negate(Expr operand, _) -> "-" + of(operand, SIGN);
      case Expr.Not(Expr operand) -> "not " + of(operand, NOT);
      case Expr.Binary binary -> {
        int level = level(binary);
        boolean power = level == POWER;
        yield "%s %s %s"
            .formatted(
                of(binary.left(), power ? PRIMARY : level),
                binary.operator().symbol(),
                of(binary.right(), power ? SIGN : level + 1));
      }
      case Expr.Comparison comparison -> {
        var text = new StringBuilder(of(comparison.operands().getFirst(), SUM));
        for (int i = 0; i < comparison.relations().size(); i++) {
          text.append(' ')
              .append(comparison.relations().get(i).symbol())
              .append(' ')
              .append(of(comparison.operands().get(i + 1), SUM));
        }
        yield text.toString();
      }
      case Expr.And(Expr left, Expr right) -> of(left, AND) + " and " + of(right, NOT);
      case Expr.Or(Expr left, Expr right) -> of(left, OR) + " or " + of(right, AND);
      case Expr.Conditional(Expr condition, Expr then, Expr otherwise, _) ->
          "%s if %s else %s".formatted(of(then, OR), of(condition, OR), of(otherwise, CONDITIONAL));
      case Expr.Call call ->
          call.arguments().stream()
              .map(CanonicalText::of)
              .collect(Collectors.joining(", ", call.function().functionName() + "(", ")"));
      case Expr.Windowed windowed ->
          windowed.function().arguments().stream()
              .map(argument -> of(windowed.argument(argument)))
              .collect(Collectors.joining(", ", windowed.function().functionName() + "(", ")"));
    };
  }

  private static int level(Expr expr) {
    return switch (expr) {
      case Expr.Conditional _ -> CONDITIONAL;
      case Expr.Or _ -> OR;
      case Expr.And _ -> AND;
      case Expr.Not _ -> NOT;
      case Expr.Comparison _ -> COMPARISON;
      case Expr.Negate _ -> SIGN;
      case Expr.Binary binary ->
          switch (binary.operator()) {
            case ADD, SUBTRACT -> SUM;
            case MULTIPLY, DIVIDE, FLOOR_DIVIDE, REMAINDER -> PRODUCT;
            case POWER -> POWER;
          };
      default -> PRIMARY;
    };
  }

  private static String number(double value, Type.Quantity type) {
    BigDecimal exact = new BigDecimal(Double.toString(value));
    if (type.literal()) {
      return plain(exact);
    }
    if (type.equals(Type.NUMBER)) {
      return plain(exact.movePointRight(2)) + "%";
    }
    boolean bytes = type.equals(Type.BYTES);
    for (Multiple multiple : bytes ? BYTES : SECONDS) {
      if (exact.signum() != 0 && exact.remainder(multiple.factor()).signum() == 0) {
        return plain(exact.divide(multiple.factor())) + multiple.symbol();
      }
    }
    return plain(exact) + (bytes ? "B" : "s");
  }

  private static String plain(BigDecimal number) {
    BigDecimal stripped = number.stripTrailingZeros();
    boolean readable = stripped.scale() < 20 && stripped.precision() - stripped.scale() < 20;
    return readable ? stripped.toPlainString() : stripped.toString();
  }
}
