package dev.headroom.formula.compile;

import dev.headroom.formula.syntax.Relation;
import java.util.List;

/**
 * A value of the graph, computed from values with lower numbers. Absent is NaN, truth values are 1
 * and 0, as in the interpreter.
 */
sealed interface Node {

  /** The numbers of the values it is computed from. */
  default List<Integer> operands() {
    return switch (this) {
      case Constant _, Pooled _, Column _, WindowResult _ -> List.of();
      case Unary(UnaryOperation _, int operand) -> List.of(operand);
      case Binary(BinaryOperation _, int left, int right) -> List.of(left, right);
      case Compare(Relation _, int left, int right) -> List.of(left, right);
      case Choose(int condition, int then, int otherwise) -> List.of(condition, then, otherwise);
    };
  }

  /** The same with other numbers for its operands: {@code numbers[old]} is the new one. */
  default Node renumbered(int[] numbers) {
    return switch (this) {
      case Constant _, Pooled _, Column _, WindowResult _ -> this;
      case Unary(UnaryOperation operation, int operand) -> new Unary(operation, numbers[operand]);
      case Binary(BinaryOperation operation, int left, int right) ->
          new Binary(operation, numbers[left], numbers[right]);
      case Compare(Relation relation, int left, int right) ->
          new Compare(relation, numbers[left], numbers[right]);
      case Choose(int condition, int then, int otherwise) ->
          new Choose(numbers[condition], numbers[then], numbers[otherwise]);
    };
  }

  /** Whether code computes it in a loop; anything else is there to be read. */
  default boolean isOperation() {
    return switch (this) {
      case Constant _, Pooled _, Column _, WindowResult _ -> false;
      case Unary _, Binary _, Compare _, Choose _ -> true;
    };
  }

  /** A number that is part of the code. Equal by bits; NaN equals NaN. */
  record Constant(double value) implements Node {}

  /**
   * A number that is handed to the code, so that formulas that differ in numbers alone share it;
   * {@code index} is its place in {@link Graph#pool}.
   */
  record Pooled(int index) implements Node {}

  /** An input at the sample; {@code index} is its place among the program's inputs. */
  record Column(int index) implements Node {}

  /** What a window gives at the sample; {@code window} is its place in {@link Graph#windows}. */
  record WindowResult(int window) implements Node {}

  /** One operand. */
  record Unary(UnaryOperation operation, int operand) implements Node {}

  /** Two operands. */
  record Binary(BinaryOperation operation, int left, int right) implements Node {}

  /** A truth value; absent if a side is. */
  record Compare(Relation relation, int left, int right) implements Node {}

  /**
   * One of two values, absent if the condition is. {@code and}, {@code or} and {@code not} are this
   * too: {@code a and b} is b if a holds, else false.
   */
  record Choose(int condition, int then, int otherwise) implements Node {}

  /** What is done with one operand. */
  enum UnaryOperation {
    NEGATE,
    ABS,
    FLOOR,
    CEIL,
    SQRT,
    LOG,
    EXP
  }

  /** What is done with two operands. */
  enum BinaryOperation {
    ADD,
    SUBTRACT,
    MULTIPLY,
    DIVIDE,
    FLOOR_DIVIDE,
    /** Division rounded down by a power of two, 1 or more; the right side is its reciprocal. */
    FLOOR_SCALE,
    REMAINDER,
    POWER,
    MIN,
    MAX,
    DEFAULT;

    /** Whether the sides may be swapped without a change of any bit. */
    boolean commutes() {
      return this == ADD || this == MULTIPLY || this == MIN || this == MAX;
    }
  }
}
