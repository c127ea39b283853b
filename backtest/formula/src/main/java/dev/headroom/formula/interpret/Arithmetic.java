package dev.headroom.formula.interpret;

/**
 * The operations whose result Java's own operators do not give. All are the same on every machine,
 * bit by bit; NaN stands for absent, and what is computed from it is absent.
 */
public final class Arithmetic {

  public static final double TRUE = 1;
  public static final double FALSE = 0;

  private Arithmetic() {}

  /**
   * Division rounded down, so that {@code a == floorDivide(a, b) * b + remainder(a, b)} up to
   * rounding. By 0 it is infinite or NaN as IEEE 754 has it.
   */
  public static double floorDivide(double a, double b) {
    if (b == 0) {
      return a / b;
    }
    double remainder = a % b;
    double quotient = (a - remainder) / b;
    if (remainder != 0 && (remainder < 0) != (b < 0)) {
      quotient -= 1;
    }
    double floor = Math.floor(quotient);
    // The difference of two whole numbers may have been rounded to just below one.
    return quotient - floor > 0.5 ? floor + 1 : floor;
  }

  /** The remainder with the sign of the divisor, as in Python; NaN if that is 0. */
  public static double remainder(double a, double b) {
    double remainder = a % b;
    if (remainder == 0) {
      return Math.copySign(0, b);
    }
    return (remainder < 0) != (b < 0) ? remainder + b : remainder;
  }

  /** A power; absent if either side is, also where mathematics would not need to know it. */
  public static double power(double base, double exponent) {
    return Double.isNaN(base) ? Double.NaN : StrictMath.pow(base, exponent);
  }

  /** The value moved into a range; where the bounds contradict each other the upper one holds. */
  public static double clamp(double value, double low, double high) {
    return Math.min(Math.max(value, low), high);
  }

  public static double log(double value) {
    return StrictMath.log(value);
  }

  public static double exp(double value) {
    return StrictMath.exp(value);
  }
}
