package dev.headroom.formula.ast;

import dev.headroom.formula.Dimension;

/** What an expression yields: a truth value or a quantity with a dimension. */
public sealed interface Type {

  /** How an error message calls it, as in "bytes minus count". */
  String words();

  /** True, false or absent. */
  record Truth() implements Type {
    @Override
    public String words() {
      return "condition";
    }
  }

  /**
   * A number with a dimension, kept as the exponents of byte and second.
   *
   * @param bytes exponent of the byte
   * @param seconds exponent of the second
   * @param count a number of things; only where both exponents are 0
   * @param literal made of plain literals only, so it takes the dimension of what it is added to or
   *     compared with
   */
  record Quantity(int bytes, int seconds, boolean count, boolean literal) implements Type {

    /** Whether nothing but a plain number, count or literal. */
    public boolean dimensionless() {
      return bytes == 0 && seconds == 0;
    }

    @Override
    public String words() {
      if (dimensionless()) {
        return count ? "count" : "number";
      }
      if (bytes == 0 && seconds == 1) {
        return "duration";
      }
      String per = seconds < 0 ? " per " + power("second", -seconds) : "";
      String times = seconds > 0 ? (bytes == 0 ? "" : " times ") + power("seconds", seconds) : "";
      String of =
          bytes == 0 ? "" : bytes < 0 ? "1 per " + power("byte", -bytes) : power("bytes", bytes);
      return (of + times + per).strip();
    }

    private static String power(String unit, int exponent) {
      return exponent == 1 ? unit : unit + "^" + exponent;
    }
  }

  Truth TRUTH = new Truth();
  Quantity LITERAL = new Quantity(0, 0, false, true);
  Quantity NUMBER = new Quantity(0, 0, false, false);
  Quantity COUNT = new Quantity(0, 0, true, false);
  Quantity BYTES = new Quantity(1, 0, false, false);
  Quantity DURATION = new Quantity(0, 1, false, false);

  /** The type of values of a dimension. */
  static Quantity of(Dimension dimension) {
    return switch (dimension) {
      case BYTES -> BYTES;
      case COUNT -> COUNT;
      case DURATION -> DURATION;
      case NUMBER -> NUMBER;
    };
  }
}
