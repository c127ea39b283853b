package dev.headroom.formula.window;

/**
 * The past of one expression. A window of length w at time t holds the samples with a time in (t -
 * w, t]; absent values are not kept.
 *
 * <p>The value is that of the samples in reach, so once the window is full it makes no difference
 * where a recording begins, up to the rounding of sums. Only {@link Ewma} has no sharp edge: what
 * is older fades.
 */
public sealed interface Window permits Delay, Ewma, Extreme, Quantile, Series {

  /**
   * Takes the next value and forgets what has left the window.
   *
   * @param timeNs never less than at the call before
   * @param value NaN if absent
   */
  void observe(long timeNs, double value);

  /** The value at the time last observed; NaN if the window has too little in it. */
  double value();

  /**
   * Observes a stretch of samples and gives the value after each: {@link #observe} and {@link
   * #value} in turn. Every window has this loop to itself, so that the JIT sees one class in it and
   * compiles it once for all formulas.
   *
   * @param timesNs when the samples were made; those with an index in [from, to) are taken
   * @param values the value of sample i is at {@code i - shift}
   * @param results receives the value after sample i at {@code i - from}
   */
  void observeAll(long[] timesNs, int from, int to, double[] values, int shift, double[] results);
}
