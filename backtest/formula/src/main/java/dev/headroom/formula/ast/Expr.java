package dev.headroom.formula.ast;

import dev.headroom.formula.Input;
import dev.headroom.formula.syntax.Operator;
import dev.headroom.formula.syntax.Relation;
import dev.headroom.formula.syntax.Span;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A checked expression. */
public sealed interface Expr {

  Type type();

  /** The expressions directly inside this one, in the order of the text. */
  default List<Expr> children() {
    return switch (this) {
      case Constant _, InputValue _, ParamValue _, VariableValue _ -> List.of();
      case Negate(Expr operand, _) -> List.of(operand);
      case Not(Expr operand) -> List.of(operand);
      case Binary(_, Expr left, Expr right, _) -> List.of(left, right);
      case Comparison(List<Expr> operands, _) -> operands;
      case And(Expr left, Expr right) -> List.of(left, right);
      case Or(Expr left, Expr right) -> List.of(left, right);
      case Conditional(Expr condition, Expr then, Expr otherwise, _) ->
          List.of(then, condition, otherwise);
      case Call(_, List<Expr> arguments, _) -> arguments;
      case Windowed windowed ->
          windowed.function().arguments().stream().map(windowed::argument).toList();
    };
  }

  /** A literal; its type alone says how it is printed. */
  record Constant(double value, Type.Quantity type) implements Expr {}

  /** The value of an input at the sample. */
  record InputValue(Input input) implements Expr {
    @Override
    public Type.Quantity type() {
      return Type.of(input.dimension());
    }
  }

  /** The value of a param; {@code slot} is its place in {@link Program#params()}. */
  record ParamValue(String name, int slot, Type.Quantity type) implements Expr {}

  /**
   * The value of an earlier line; {@code slot} is its number, {@code constant} if no sample changes
   * it.
   */
  record VariableValue(String name, int slot, Type type, boolean constant) implements Expr {}

  record Negate(Expr operand, Type.Quantity type) implements Expr {}

  record Not(Expr operand) implements Expr {
    @Override
    public Type type() {
      return Type.TRUTH;
    }
  }

  record Binary(Operator operator, Expr left, Expr right, Type.Quantity type) implements Expr {}

  /** {@code relations.get(i)} stands between operands i and i + 1; all must hold. */
  record Comparison(List<Expr> operands, List<Relation> relations) implements Expr {
    @Override
    public Type type() {
      return Type.TRUTH;
    }
  }

  record And(Expr left, Expr right) implements Expr {
    @Override
    public Type type() {
      return Type.TRUTH;
    }
  }

  record Or(Expr left, Expr right) implements Expr {
    @Override
    public Type type() {
      return Type.TRUTH;
    }
  }

  record Conditional(Expr condition, Expr then, Expr otherwise, Type type) implements Expr {}

  record Call(Function function, List<Expr> arguments, Type.Quantity type) implements Expr {}

  /** A constant that shapes a window, and where it is written. */
  record Setting(Expr value, Span span) {}

  /**
   * A look at the past of {@code value}.
   *
   * @param slot the number of this window; windows inside its value, or in earlier lines, have
   *     lower numbers
   * @param window a duration
   * @param extra the time ahead of {@link WindowFunction#PREDICT_LINEAR}, the quantile of {@link
   *     WindowFunction#QUANTILE_OVER_TIME}
   */
  record Windowed(
      WindowFunction function,
      int slot,
      Expr value,
      Setting window,
      @Nullable Setting extra,
      Type.Quantity type)
      implements Expr {

    /** The argument that has a part in the function. */
    public Expr argument(WindowFunction.Argument part) {
      return switch (part) {
        case VALUE -> value;
        case WINDOW -> window.value();
        case AHEAD, QUANTILE -> Objects.requireNonNull(extra).value();
      };
    }
  }
}
