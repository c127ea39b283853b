package dev.headroom.formula;

/**
 * A tunable of a formula, from a line {@code param k = 1.2 in [0.5, 3]}.
 *
 * @param name as the formula writes it
 * @param dimension the dimension of the three values, which are in its unit (bytes, seconds or
 *     plain)
 * @param value what the formula uses: its default, or what {@link Formula#withParams} put in its
 *     place
 * @param min the smallest value allowed, included
 * @param max the largest value allowed, included
 */
public record Param(String name, Dimension dimension, double value, double min, double max) {

  /** This param with another value; the caller has checked the range. */
  Param withValue(double newValue) {
    return new Param(name, dimension, newValue, min, max);
  }
}
