package dev.headroom.formula.check;

import dev.headroom.formula.ast.Type;
import dev.headroom.formula.ast.Type.Quantity;
import java.util.Optional;

/** The arithmetic of dimensions; empty where an operation has no meaning. */
final class Dimensions {

  /** No formula about memory needs more; keeps exponents from overflowing. */
  private static final int HIGHEST_EXPONENT = 16;

  private Dimensions() {}

  /** What two quantities have in common that are added, compared or chosen from. */
  static Optional<Quantity> common(Quantity a, Quantity b) {
    if (a.literal()) {
      return Optional.of(b);
    }
    return b.literal() || a.equals(b) ? Optional.of(a) : Optional.empty();
  }

  static Optional<Quantity> product(Quantity a, Quantity b) {
    return quantity(
        a.bytes() + b.bytes(),
        a.seconds() + b.seconds(),
        a.count() || b.count(),
        a.literal() && b.literal());
  }

  static Optional<Quantity> quotient(Quantity a, Quantity b) {
    return quantity(
        a.bytes() - b.bytes(),
        a.seconds() - b.seconds(),
        a.count() && !b.count(),
        a.literal() && b.literal());
  }

  /** A power with a whole exponent. */
  static Optional<Quantity> power(Quantity base, int exponent) {
    int bounded = Math.clamp(exponent, -HIGHEST_EXPONENT - 1, HIGHEST_EXPONENT + 1);
    return quantity(
        base.bytes() * bounded,
        base.seconds() * bounded,
        base.count() && exponent > 0,
        base.literal());
  }

  static Optional<Quantity> squareRoot(Quantity a) {
    return a.bytes() % 2 == 0 && a.seconds() % 2 == 0
        ? quantity(a.bytes() / 2, a.seconds() / 2, false, a.literal())
        : Optional.empty();
  }

  static Optional<Quantity> perSecond(Quantity a) {
    return quantity(a.bytes(), a.seconds() - 1, false, false);
  }

  private static Optional<Quantity> quantity(
      int bytes, int seconds, boolean count, boolean literal) {
    if (Math.max(Math.abs(bytes), Math.abs(seconds)) > HIGHEST_EXPONENT) {
      return Optional.empty();
    }
    boolean dimensionless = bytes == 0 && seconds == 0;
    return Optional.of(new Quantity(bytes, seconds, count && dimensionless, literal));
  }

  /** How to make two quantities fit that have nothing in common. */
  static String suggestion(Quantity a, Quantity b) {
    if (isOneOf(a, b, Type.BYTES) && isOneOf(a, b, Type.COUNT)) {
      return "multiply the count by bytes for each, as in connections * 8MiB";
    }
    if (isOneOf(a, b, Type.BYTES) && isOneOf(a, b, Type.NUMBER)) {
      return "a share is written as a product, as in 15% * memory_max";
    }
    if (a.seconds() != b.seconds() && a.bytes() == b.bytes()) {
      return "multiply a rate by a duration, as in deriv(allocated, 5m) * 30s";
    }
    return "both sides need the same dimension";
  }

  private static boolean isOneOf(Quantity a, Quantity b, Quantity wanted) {
    return a.equals(wanted) || b.equals(wanted);
  }
}
