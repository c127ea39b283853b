package dev.headroom.formula.compile;

import dev.headroom.formula.Input;
import dev.headroom.formula.ast.Expr;
import dev.headroom.formula.ast.Program;
import dev.headroom.formula.ast.WindowFunction;
import dev.headroom.formula.compile.Graph.PastOf;
import dev.headroom.formula.compile.Node.Binary;
import dev.headroom.formula.compile.Node.BinaryOperation;
import dev.headroom.formula.compile.Node.Unary;
import dev.headroom.formula.compile.Node.UnaryOperation;
import dev.headroom.formula.interpret.Arithmetic;
import dev.headroom.formula.interpret.WindowPlan;
import dev.headroom.formula.interpret.WindowPlan.Planned;
import dev.headroom.formula.syntax.Operator;
import dev.headroom.formula.syntax.Relation;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Turns a program into a graph: constants (params among them) are computed, common parts found,
 * operations that change no bit left out. What remains gives the interpreter's result bit by bit;
 * rules that hold in mathematics only, such as {@code x + y - y} being x, are not applied.
 */
final class GraphBuilder {

  private static final double ABSENT = Double.NaN;

  private final Program program;
  private final Map<Integer, Planned> plannedBySlot = new HashMap<>();
  private final int[] variables;
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Node, Integer> numbers = new HashMap<>();
  private final List<PastOf> windows = new ArrayList<>();
  private final Map<WindowKey, Integer> windowNumbers = new HashMap<>();

  /** Windows that agree in this are one. */
  private record WindowKey(WindowFunction function, long lengthNs, double extra, int value) {}

  private GraphBuilder(Program program, WindowPlan plan) {
    this.program = program;
    this.variables = new int[program.variableSlots()];
    plan.windows().forEach(planned -> plannedBySlot.put(planned.expr().slot(), planned));
  }

  static Graph build(Program program, WindowPlan plan) {
    var builder = new GraphBuilder(program, plan);
    for (Program.Variable variable : program.variables()) {
      builder.variables[variable.slot()] = builder.add(variable.value());
    }
    int result = builder.add(program.result());
    return new Graph(builder.nodes, List.of(), builder.windows, result).compacted();
  }

  private int add(Expr expr) {
    return switch (expr) {
      case Expr.Constant(double value, _) -> constant(value);
      case Expr.InputValue(Input input) -> number(new Node.Column(program.inputs().indexOf(input)));
      case Expr.ParamValue param -> constant(program.params().get(param.slot()).value());
      case Expr.VariableValue variable -> variables[variable.slot()];
      case Expr.Negate(Expr operand, _) -> unary(UnaryOperation.NEGATE, add(operand));
      case Expr.Not(Expr operand) -> choose(add(operand), falsehood(), truth());
      case Expr.Binary(Operator operator, Expr left, Expr right, _) ->
          binary(operation(operator), add(left), add(right));
      case Expr.Comparison comparison -> comparison(comparison);
      case Expr.And(Expr left, Expr right) -> choose(add(left), add(right), falsehood());
      case Expr.Or(Expr left, Expr right) -> choose(add(left), truth(), add(right));
      case Expr.Conditional(Expr condition, Expr then, Expr otherwise, _) ->
          choose(add(condition), add(then), add(otherwise));
      case Expr.Call call -> call(call);
      case Expr.Windowed windowed -> windowed(windowed);
    };
  }

  private static BinaryOperation operation(Operator operator) {
    return switch (operator) {
      case ADD -> BinaryOperation.ADD;
      case SUBTRACT -> BinaryOperation.SUBTRACT;
      case MULTIPLY -> BinaryOperation.MULTIPLY;
      case DIVIDE -> BinaryOperation.DIVIDE;
      case FLOOR_DIVIDE -> BinaryOperation.FLOOR_DIVIDE;
      case REMAINDER -> BinaryOperation.REMAINDER;
      case POWER -> BinaryOperation.POWER;
    };
  }

  /** {@code a < b < c} is {@code a < b and b < c}. */
  private int comparison(Expr.Comparison expr) {
    int[] operands = expr.operands().stream().mapToInt(this::add).toArray();
    int last = expr.relations().size() - 1;
    int holds = compare(expr.relations().get(last), operands[last], operands[last + 1]);
    for (int i = last - 1; i >= 0; i--) {
      int pair = compare(expr.relations().get(i), operands[i], operands[i + 1]);
      holds = choose(pair, holds, falsehood());
    }
    return holds;
  }

  private int call(Expr.Call call) {
    int[] arguments = call.arguments().stream().mapToInt(this::add).toArray();
    return switch (call.function()) {
      case MIN -> all(BinaryOperation.MIN, arguments);
      case MAX -> all(BinaryOperation.MAX, arguments);
      case CLAMP ->
          binary(
              BinaryOperation.MIN,
              binary(BinaryOperation.MAX, arguments[0], arguments[1]),
              arguments[2]);
      case ABS -> unary(UnaryOperation.ABS, arguments[0]);
      case FLOOR -> unary(UnaryOperation.FLOOR, arguments[0]);
      case CEIL -> unary(UnaryOperation.CEIL, arguments[0]);
      case SQRT -> unary(UnaryOperation.SQRT, arguments[0]);
      case LOG -> unary(UnaryOperation.LOG, arguments[0]);
      case EXP -> unary(UnaryOperation.EXP, arguments[0]);
      case DEFAULT -> binary(BinaryOperation.DEFAULT, arguments[0], arguments[1]);
    };
  }

  private int all(BinaryOperation operation, int[] arguments) {
    int value = arguments[0];
    for (int i = 1; i < arguments.length; i++) {
      value = binary(operation, value, arguments[i]);
    }
    return value;
  }

  private int windowed(Expr.Windowed expr) {
    int value = add(expr.value());
    Planned planned = plannedBySlot.get(expr.slot());
    if (planned == null) {
      throw new IllegalStateException("the plan has no window " + expr.slot());
    }
    var key = new WindowKey(expr.function(), planned.lengthNs(), planned.extra(), value);
    Integer known = windowNumbers.get(key);
    if (known == null) {
      known = windows.size();
      windows.add(new PastOf(value, planned));
      windowNumbers.put(key, known);
    }
    return number(new Node.WindowResult(known));
  }

  private int unary(UnaryOperation operation, int operand) {
    Node node = nodes.get(operand);
    if (node instanceof Node.Constant(double value)) {
      return constant(Folding.unary(operation, value));
    }
    if (operation == UnaryOperation.NEGATE
        && node instanceof Unary(UnaryOperation inner, int twice)
        && inner == UnaryOperation.NEGATE) {
      return twice;
    }
    return number(new Unary(operation, operand));
  }

  private int binary(BinaryOperation operation, int left, int right) {
    boolean leftKnown = nodes.get(left) instanceof Node.Constant;
    boolean rightKnown = nodes.get(right) instanceof Node.Constant;
    if (leftKnown && rightKnown) {
      return constant(Folding.binary(operation, valueOf(left), valueOf(right)));
    }
    if (operation == BinaryOperation.DEFAULT) {
      if (leftKnown) {
        return isAbsent(left) ? right : left;
      }
      return orDefault(left, right);
    }
    if (isAbsent(left) || isAbsent(right)) {
      return constant(ABSENT);
    }
    if (rightKnown && changesNothing(operation, valueOf(right))) {
      return left;
    }
    if (leftKnown && operation == BinaryOperation.MULTIPLY && valueOf(left) == 1) {
      return right;
    }
    if (left == right && (operation == BinaryOperation.MIN || operation == BinaryOperation.MAX)) {
      return left;
    }
    if (operation == BinaryOperation.FLOOR_DIVIDE
        && rightKnown
        && Folding.isPowerOfTwoFromOne(valueOf(right))) {
      return number(new Binary(BinaryOperation.FLOOR_SCALE, left, constant(1 / valueOf(right))));
    }
    boolean swap = operation.commutes() && left > right;
    return number(new Binary(operation, swap ? right : left, swap ? left : right));
  }

  private int orDefault(int value, int fallback) {
    boolean useless = value == fallback || isAbsent(fallback);
    return useless ? value : number(new Binary(BinaryOperation.DEFAULT, value, fallback));
  }

  /** Whether the operation gives back its left side for every value, -0.0 and infinities too. */
  private static boolean changesNothing(BinaryOperation operation, double right) {
    return switch (operation) {
      case MULTIPLY, DIVIDE, POWER -> right == 1;
      case SUBTRACT -> Double.doubleToLongBits(right) == 0;
      default -> false;
    };
  }

  private int compare(Relation relation, int left, int right) {
    if (nodes.get(left) instanceof Node.Constant(double a)
        && nodes.get(right) instanceof Node.Constant(double b)) {
      if (Double.isNaN(a) || Double.isNaN(b)) {
        return constant(ABSENT);
      }
      return relation.holds(a, b) ? truth() : falsehood();
    }
    return number(new Node.Compare(relation, left, right));
  }

  private int choose(int condition, int then, int otherwise) {
    if (nodes.get(condition) instanceof Node.Constant(double known)) {
      if (Double.isNaN(known)) {
        return condition;
      }
      return known == Arithmetic.TRUE ? then : otherwise;
    }
    return number(new Node.Choose(condition, then, otherwise));
  }

  private int truth() {
    return constant(Arithmetic.TRUE);
  }

  private int falsehood() {
    return constant(Arithmetic.FALSE);
  }

  private int constant(double value) {
    return number(new Node.Constant(value));
  }

  private boolean isAbsent(int node) {
    return nodes.get(node) instanceof Node.Constant(double value) && Double.isNaN(value);
  }

  private double valueOf(int constant) {
    return ((Node.Constant) nodes.get(constant)).value();
  }

  private int number(Node node) {
    Integer known = numbers.get(node);
    if (known == null) {
      known = nodes.size();
      nodes.add(node);
      numbers.put(node, known);
    }
    return known;
  }
}
