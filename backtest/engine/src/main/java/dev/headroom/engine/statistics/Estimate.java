package dev.headroom.engine.statistics;

/** A number learned from counts, or the statement that nothing was counted. */
public sealed interface Estimate {

  /** The one value of {@link NoData}. */
  Estimate NO_DATA = new NoData();

  /** There was nothing to divide by: neither 0 nor 1, but no answer. */
  record NoData() implements Estimate {}

  /**
   * An estimate with its interval.
   *
   * @param value what was counted
   * @param lower end of the interval
   * @param upper end of the interval
   */
  record Known(double value, double lower, double upper) implements Estimate {}
}
