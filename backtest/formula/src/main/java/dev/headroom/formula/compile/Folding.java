package dev.headroom.formula.compile;

import dev.headroom.formula.compile.Node.BinaryOperation;
import dev.headroom.formula.compile.Node.UnaryOperation;
import dev.headroom.formula.interpret.Arithmetic;

/** The value of operations on constants, bit by bit what the interpreter computes. */
final class Folding {

  private Folding() {}

  static double unary(UnaryOperation operation, double x) {
    return switch (operation) {
      case NEGATE -> -x;
      case ABS -> Math.abs(x);
      case FLOOR -> Math.floor(x);
      case CEIL -> Math.ceil(x);
      case SQRT -> Math.sqrt(x);
      case LOG -> Arithmetic.log(x);
      case EXP -> Arithmetic.exp(x);
    };
  }

  static double binary(BinaryOperation operation, double left, double right) {
    return switch (operation) {
      case ADD -> left + right;
      case SUBTRACT -> left - right;
      case MULTIPLY -> left * right;
      case DIVIDE -> left / right;
      case FLOOR_DIVIDE -> Arithmetic.floorDivide(left, right);
      case FLOOR_SCALE -> Arithmetic.floorDivide(left, 1 / right);
      case REMAINDER -> Arithmetic.remainder(left, right);
      case POWER -> Arithmetic.power(left, right);
      case MIN -> Math.min(left, right);
      case MAX -> Math.max(left, right);
      case DEFAULT -> Double.isNaN(left) ? right : left;
    };
  }

  /** Whether floor division by it is exact scaling; see {@link BinaryOperation#FLOOR_SCALE}. */
  static boolean isPowerOfTwoFromOne(double x) {
    return x >= 1 && Double.isFinite(x) && x == Math.scalb(1.0, Math.getExponent(x));
  }
}
