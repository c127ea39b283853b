package dev.headroom.formula.interpret;

import dev.headroom.formula.Input;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.ast.Program.Variable;
import dev.headroom.formula.syntax.Relation;
import dev.headroom.formula.window.Window;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The values of a program at one sample, and the meaning of every kind of expression. Absent is NaN
 * throughout, truth values are {@link Arithmetic#TRUE} and {@link Arithmetic#FALSE}.
 */
@SuppressWarnings("EnumOrdinal") // an index within one process, never stored
final class Frame {

  private final Program program;
  private final double[] inputs = new double[Input.values().length];
  private final double[] params;
  private final double[] variables;
  private final @Nullable Window[] windows;

  /** A frame in which every input and every window is absent. */
  Frame(Program program) {
    this.program = program;
    this.params = program.params().stream().mapToDouble(param -> param.value()).toArray();
    this.variables = new double[program.variableSlots()];
    this.windows = new Window[program.windowSlots()];
    Arrays.fill(inputs, Double.NaN);
    Arrays.fill(variables, Double.NaN);
  }

  void install(int slot, Window window) {
    windows[slot] = window;
  }

  void set(Input input, double value) {
    inputs[input.ordinal()] = value;
  }

  /** Computes every line, in order. */
  void assignVariables() {
    for (Variable variable : program.variables()) {
      assign(variable);
    }
  }

  void assign(Variable variable) {
    variables[variable.slot()] = value(variable.value());
  }

  /** The value of an expression, given the lines before it. */
  double value(Expr expr) {
    return switch (expr) {
      case Expr.Constant(double value, _) -> value;
      case Expr.InputValue(Input input) -> inputs[input.ordinal()];
      case Expr.ParamValue param -> params[param.slot()];
      case Expr.VariableValue variable -> variables[variable.slot()];
      case Expr.Negate(Expr operand, _) -> -value(operand);
      case Expr.Not(Expr operand) -> choose(value(operand), Arithmetic.FALSE, Arithmetic.TRUE);
      case Expr.Binary binary -> binary(binary);
      case Expr.Comparison comparison -> comparison(comparison);
      case Expr.And(Expr left, Expr right) -> choose(value(left), value(right), Arithmetic.FALSE);
      case Expr.Or(Expr left, Expr right) -> choose(value(left), Arithmetic.TRUE, value(right));
      case Expr.Conditional(Expr condition, Expr then, Expr otherwise, _) ->
          choose(value(condition), value(then), value(otherwise));
      case Expr.Call call -> call(call);
      case Expr.Windowed windowed -> {
        Window window = windows[windowed.slot()];
        yield window == null ? Double.NaN : window.value();
      }
    };
  }

  /** One of two values; absent only if the condition is, or the value it chooses. */
  private static double choose(double condition, double ifTrue, double ifFalse) {
    if (Double.isNaN(condition)) {
      return Double.NaN;
    }
    return condition == Arithmetic.TRUE ? ifTrue : ifFalse;
  }

  private double binary(Expr.Binary expr) {
    double left = value(expr.left());
    double right = value(expr.right());
    return switch (expr.operator()) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> left / right;
      case FLOOR_DIVIDE -> Arithmetic.floorDivide(left, right);
      case REMAINDER -> Arithmetic.remainder(left, right);
      case POWER -> Arithmetic.power(left, right);
    };
  }

  private double comparison(Expr.Comparison expr) {
    double left = value(expr.operands().getFirst());
    for (int i = 0; i < expr.relations().size(); i++) {
      double right = value(expr.operands().get(i + 1));
      if (Double.isNaN(left) || Double.isNaN(right)) {
        return Double.NaN;
      }
      Relation relation = expr.relations().get(i);
      if (!relation.holds(left, right)) {
        return Arithmetic.FALSE;
      }
      left = right;
    }
    return Arithmetic.TRUE;
  }

  private double call(Expr.Call call) {
    List<Expr> arguments = call.arguments();
    double first = value(arguments.getFirst());
    return switch (call.function()) {
      case MIN -> {
        double smallest = first;
        for (int i = 1; i < arguments.size(); i++) {
          smallest = Math.min(smallest, value(arguments.get(i)));
        }
        yield smallest;
      }
      case MAX -> {
        double largest = first;
        for (int i = 1; i < arguments.size(); i++) {
          largest = Math.max(largest, value(arguments.get(i)));
        }
        yield largest;
      }
      case CLAMP -> Arithmetic.clamp(first, value(arguments.get(1)), value(arguments.get(2)));
      case ABS -> Math.abs(first);
      case FLOOR -> Math.floor(first);
      case CEIL -> Math.ceil(first);
      case SQRT -> Math.sqrt(first);
      case LOG -> Arithmetic.log(first);
      case EXP -> Arithmetic.exp(first);
      case DEFAULT -> Double.isNaN(first) ? value(arguments.get(1)) : first;
    };
  }
}
