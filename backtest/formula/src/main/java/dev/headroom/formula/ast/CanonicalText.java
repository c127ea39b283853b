package dev.headroom.formula.ast;

import dev.headroom.formula.Dimension;
import dev.headroom.formula.Param;
import java.math.BigDecimal;
import java.util.List;

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

  private final StringBuilder text = new StringBuilder();

  private CanonicalText() {}

  /** The text of a program. */
  public static String of(Program program) {
    var canonical = new CanonicalText();
    program.params().forEach(canonical::declare);
    for (Program.Variable variable : program.variables()) {
      canonical.text.append(variable.name()).append(" = ");
      canonical.write(variable.value(), CONDITIONAL);
      canonical.text.append('\n');
    }
    canonical.write(program.result(), CONDITIONAL);
    return canonical.text.append('\n').toString();
  }

  private void declare(Param param) {
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

  /** Writes an expression, in brackets if it binds weaker than its place asks for. */
  private void write(Expr expr, int minLevel) {
    boolean brackets = level(expr) < minLevel;
    text.append(brackets ? "(" : "");
    switch (expr) {
      case Expr.Constant constant -> text.append(number(constant.value(), constant.type()));
      case Expr.InputValue value -> text.append(value.input().inputName());
      case Expr.ParamValue value -> text.append(value.name());
      case Expr.VariableValue value -> text.append(value.name());
      case Expr.Negate negate -> prefixed("-", negate.operand(), SIGN);
      case Expr.Not not -> prefixed("not ", not.operand(), NOT);
      case Expr.Binary binary -> write(binary);
      case Expr.Comparison comparison -> write(comparison);
      case Expr.And and -> between(and.left(), AND, " and ", and.right(), NOT);
      case Expr.Or or -> between(or.left(), OR, " or ", or.right(), AND);
      case Expr.Conditional conditional -> write(conditional);
      case Expr.Call call -> call(call.function().functionName(), call.arguments());
      case Expr.Windowed windowed -> call(windowed.function().functionName(), windowed.children());
    }
    text.append(brackets ? ")" : "");
  }

  private void prefixed(String prefix, Expr operand, int level) {
    text.append(prefix);
    write(operand, level);
  }

  private void between(Expr left, int leftLevel, String word, Expr right, int rightLevel) {
    write(left, leftLevel);
    text.append(word);
    write(right, rightLevel);
  }

  private void write(Expr.Binary binary) {
    int level = level(binary);
    boolean power = level == POWER;
    between(
        binary.left(),
        power ? PRIMARY : level,
        " " + binary.operator().symbol() + " ",
        binary.right(),
        power ? SIGN : level + 1);
  }

  private void write(Expr.Comparison comparison) {
    write(comparison.operands().getFirst(), SUM);
    for (int i = 0; i < comparison.relations().size(); i++) {
      text.append(' ').append(comparison.relations().get(i).symbol()).append(' ');
      write(comparison.operands().get(i + 1), SUM);
    }
  }

  private void write(Expr.Conditional conditional) {
    between(conditional.then(), OR, " if ", conditional.condition(), OR);
    text.append(" else ");
    write(conditional.otherwise(), CONDITIONAL);
  }

  private void call(String function, List<Expr> arguments) {
    String separator = "";
    text.append(function).append('(');
    for (Expr argument : arguments) {
      text.append(separator);
      write(argument, CONDITIONAL);
      separator = ", ";
    }
    text.append(')');
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
