package dev.headroom.formula.compile;

import static java.lang.constant.ConstantDescs.CD_double;

import dev.headroom.formula.compile.Node.UnaryOperation;
import dev.headroom.formula.compile.Schedule.Loop;
import dev.headroom.formula.compile.Schedule.Output;
import dev.headroom.formula.interpret.Arithmetic;
import dev.headroom.formula.syntax.Relation;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * Writes the method of one loop. In front of it arrays and numbers are put into locals; in it
 * values that are read twice or kept are computed once, in the order of the graph, and all others
 * where they are read, so that a branch that is not taken costs nothing.
 *
 * <p>Conditions are jumps to one of three places, for true, false and absent.
 */
final class LoopCode {

  private static final ClassDesc MATH = ClassDesc.of("java.lang.Math");
  private static final ClassDesc ARITHMETIC = ClassDesc.of(Arithmetic.class.getName());
  private static final MethodTypeDesc UNARY = MethodTypeDesc.of(CD_double, CD_double);
  private static final MethodTypeDesc BINARY = MethodTypeDesc.of(CD_double, CD_double, CD_double);

  // The parameters of every loop's method, in order.
  private static final int COLUMNS = 0;
  private static final int SCRATCH = 1;
  private static final int POOL = 2;
  private static final int FROM = 3;
  private static final int TO = 4;
  private static final int LIMITS = 5;

  private final CodeBuilder code;
  private final Graph graph;
  private final Loop loop;
  private final Set<Integer> operations;
  private final Map<Integer, Integer> readCounts = new HashMap<>();
  private final Map<Integer, Integer> columnLocals = new HashMap<>();
  private final Map<Integer, Integer> scratchLocals = new HashMap<>();
  private final Map<Integer, Integer> poolLocals = new HashMap<>();
  private final Map<Integer, Integer> valueLocals = new HashMap<>();
  private final int sample;

  /** Where a condition goes. */
  private record Exits(Label ifTrue, Label ifFalse, Label ifAbsent) {
    Label of(double truth) {
      return Double.isNaN(truth) ? ifAbsent : truth == Arithmetic.TRUE ? ifTrue : ifFalse;
    }
  }

  private LoopCode(CodeBuilder code, Graph graph, Loop loop) {
    this.code = code;
    this.graph = graph;
    this.loop = loop;
    this.operations = new HashSet<>(loop.operations());
    this.sample = code.allocateLocal(TypeKind.INT);
  }

  static void write(CodeBuilder code, Graph graph, Loop loop) {
    new LoopCode(code, graph, loop).write();
  }

  private void write() {
    countReads();
    loadLocals();
    code.iload(FROM).istore(sample);
    Label top = code.newBoundLabel();
    Label end = code.newLabel();
    code.iload(sample).iload(TO).if_icmpge(end);
    for (int operation : loop.operations()) {
      if (readCounts.getOrDefault(operation, 0) > 1) {
        value(operation);
        int local = code.allocateLocal(TypeKind.DOUBLE);
        code.dstore(local);
        valueLocals.put(operation, local);
      }
    }
    loop.outputs().forEach(this::store);
    code.iinc(sample, 1).goto_(top);
    code.labelBinding(end).return_();
  }

  private void countReads() {
    for (int operation : loop.operations()) {
      graph
          .node(operation)
          .operands()
          .forEach(operand -> readCounts.merge(operand, 1, Integer::sum));
    }
    loop.outputs().forEach(output -> readCounts.merge(output.node(), 1, Integer::sum));
  }

  /** The arrays and numbers that the loop reads, before it begins. */
  private void loadLocals() {
    for (int node : new TreeSet<>(readCounts.keySet())) {
      switch (graph.node(node)) {
        case Node.Column(int index) -> columnLocals.put(index, arrayLocal(COLUMNS, index));
        case Node.Pooled(int index) -> {
          int local = code.allocateLocal(TypeKind.DOUBLE);
          code.aload(POOL).loadConstant(index).daload().dstore(local);
          poolLocals.put(index, local);
        }
        default -> {}
      }
    }
    for (int column : new TreeSet<>(loop.scratch().values())) {
      scratchLocals.put(column, arrayLocal(SCRATCH, column));
    }
  }

  private int arrayLocal(int arrays, int index) {
    int local = code.allocateLocal(TypeKind.REFERENCE);
    code.aload(arrays).loadConstant(index).aaload().astore(local);
    return local;
  }

  private void store(Output output) {
    value(output.node());
    int local = code.allocateLocal(TypeKind.DOUBLE);
    code.dstore(local);
    switch (output) {
      case Output.Scratch(int node) ->
          code.aload(scratchLocal(node)).iload(sample).iload(FROM).isub();
      case Output.Limit _ -> code.aload(LIMITS).iload(sample);
    }
    code.dload(local).dastore();
  }

  private int scratchLocal(int node) {
    return get(scratchLocals, get(loop.scratch(), node));
  }

  /** Pushes the value of a node. */
  private void value(int number) {
    Integer local = valueLocals.get(number);
    if (local != null) {
      code.dload(local);
      return;
    }
    Node node = graph.node(number);
    switch (node) {
      case Node.Constant(double value) -> code.loadConstant(value);
      case Node.Pooled(int index) -> code.dload(get(poolLocals, index));
      case Node.Column(int index) -> code.aload(get(columnLocals, index)).iload(sample).daload();
      case Node _ when !operations.contains(number) ->
          code.aload(scratchLocal(number)).iload(sample).iload(FROM).isub().daload();
      case Node.WindowResult _ -> throw new IllegalStateException("a window is not in a loop");
      case Node.Unary(UnaryOperation operation, int operand) -> {
        value(operand);
        apply(operation);
      }
      case Node.Binary binary -> binary(binary);
      case Node.Compare _ -> truthValue(number);
      case Node.Choose choose -> choose(choose);
    }
  }

  private void apply(UnaryOperation operation) {
    switch (operation) {
      case NEGATE -> code.dneg();
      case ABS -> code.invokestatic(MATH, "abs", UNARY);
      case FLOOR -> code.invokestatic(MATH, "floor", UNARY);
      case CEIL -> code.invokestatic(MATH, "ceil", UNARY);
      case SQRT -> code.invokestatic(MATH, "sqrt", UNARY);
      case LOG -> code.invokestatic(ARITHMETIC, "log", UNARY);
      case EXP -> code.invokestatic(ARITHMETIC, "exp", UNARY);
    }
  }

  private void binary(Node.Binary node) {
    value(node.left());
    switch (node.operation()) {
      case DEFAULT -> {
        Label there = code.newLabel();
        code.dup2().dup2().dcmpl().ifeq(there).pop2();
        value(node.right());
        code.labelBinding(there);
        return;
      }
      case FLOOR_SCALE -> {
        floorScale(node.right());
        return;
      }
      default -> value(node.right());
    }
    switch (node.operation()) {
      case ADD -> code.dadd();
      case SUBTRACT -> code.dsub();
      case MULTIPLY -> code.dmul();
      case DIVIDE -> code.ddiv();
      case FLOOR_DIVIDE -> code.invokestatic(ARITHMETIC, "floorDivide", BINARY);
      case REMAINDER -> code.invokestatic(ARITHMETIC, "remainder", BINARY);
      case POWER -> code.invokestatic(ARITHMETIC, "power", BINARY);
      case MIN -> code.invokestatic(MATH, "min", BINARY);
      case MAX -> code.invokestatic(MATH, "max", BINARY);
      case DEFAULT, FLOOR_SCALE -> throw new IllegalStateException("written above");
    }
  }

  /**
   * {@code floor(floor(x) * scale) + (x - x)} for the x on the stack. The scale is a power of two,
   * so both steps are exact, unlike a division that the JIT would have to do digit by digit; the
   * rest makes -0.0 into 0.0 and infinities into NaN, as the reference has them.
   */
  private void floorScale(int scale) {
    int x = code.allocateLocal(TypeKind.DOUBLE);
    code.dstore(x).dload(x).invokestatic(MATH, "floor", UNARY);
    value(scale);
    code.dmul().invokestatic(MATH, "floor", UNARY).dload(x).dload(x).dsub().dadd();
  }

  private void choose(Node.Choose node) {
    var exits = new Exits(code.newLabel(), code.newLabel(), code.newLabel());
    Label end = code.newLabel();
    condition(node.condition(), exits);
    code.labelBinding(exits.ifTrue());
    value(node.then());
    code.goto_(end).labelBinding(exits.ifFalse());
    value(node.otherwise());
    code.goto_(end).labelBinding(exits.ifAbsent()).loadConstant(Double.NaN).labelBinding(end);
  }

  private void truthValue(int number) {
    var exits = new Exits(code.newLabel(), code.newLabel(), code.newLabel());
    Label end = code.newLabel();
    condition(number, exits);
    code.labelBinding(exits.ifTrue()).loadConstant(Arithmetic.TRUE).goto_(end);
    code.labelBinding(exits.ifFalse()).loadConstant(Arithmetic.FALSE).goto_(end);
    code.labelBinding(exits.ifAbsent()).loadConstant(Double.NaN).labelBinding(end);
  }

  /** Jumps by a truth value. */
  private void condition(int number, Exits exits) {
    boolean inPlace = operations.contains(number) && !valueLocals.containsKey(number);
    switch (graph.node(number)) {
      case Node.Constant(double truth) -> code.goto_(exits.of(truth));
      case Node.Compare compare when inPlace -> compare(compare, exits);
      case Node.Choose(int condition, int then, int otherwise) when inPlace -> {
        Label ifTrue = destination(then, exits);
        Label ifFalse = destination(otherwise, exits);
        condition(condition, new Exits(ifTrue, ifFalse, exits.ifAbsent()));
        branch(then, ifTrue, exits);
        branch(otherwise, ifFalse, exits);
      }
      default -> {
        value(number);
        code.dup2().loadConstant(Arithmetic.TRUE).dcmpl();
        Label keep = code.newLabel();
        code.ifne(keep).pop2().goto_(exits.ifTrue()).labelBinding(keep);
        code.dup2().dcmpl().ifne(exits.ifAbsent()).goto_(exits.ifFalse());
      }
    }
  }

  /** Where a branch begins; a constant branch is one of the exits itself. */
  private Label destination(int branch, Exits exits) {
    return graph.node(branch) instanceof Node.Constant(double truth)
        ? exits.of(truth)
        : code.newLabel();
  }

  private void branch(int branch, Label begin, Exits exits) {
    if (!(graph.node(branch) instanceof Node.Constant)) {
      code.labelBinding(begin);
      condition(branch, exits);
    }
  }

  private void compare(Node.Compare node, Exits exits) {
    int left = operandLocal(node.left());
    int right = operandLocal(node.right());
    code.dload(left).dload(right);
    switch (node.relation()) {
      case LESS -> code.dcmpg().iflt(exits.ifTrue());
      case LESS_EQUAL -> code.dcmpg().ifle(exits.ifTrue());
      case GREATER -> code.dcmpl().ifgt(exits.ifTrue());
      case GREATER_EQUAL -> code.dcmpl().ifge(exits.ifTrue());
      case EQUAL -> code.dcmpl().ifeq(exits.ifTrue());
      case NOT_EQUAL -> code.dcmpl().ifeq(exits.ifFalse());
    }
    // Only now see whether a side is absent: comparisons that hold need not ask.
    for (int side : List.of(left, right)) {
      code.dload(side).dload(side).dcmpl().ifne(exits.ifAbsent());
    }
    code.goto_(node.relation() == Relation.NOT_EQUAL ? exits.ifTrue() : exits.ifFalse());
  }

  /** A local that holds a value, which its node may already have. */
  private int operandLocal(int number) {
    Integer known = valueLocals.get(number);
    if (known != null) {
      return known;
    }
    if (graph.node(number) instanceof Node.Pooled(int index)) {
      return get(poolLocals, index);
    }
    value(number);
    int local = code.allocateLocal(TypeKind.DOUBLE);
    code.dstore(local);
    return local;
  }

  private static int get(Map<Integer, Integer> locals, int key) {
    return Objects.requireNonNull(locals.get(key));
  }
}
