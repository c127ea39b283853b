package dev.headroom.formula.window;

/**
 * The past of one expression. A window of length w at time t holds the samples with a time in (t -
 * w, t]; absent values are not kept.
 *
 * <p>The value depends on nothing but the samples in reach, so once the window is full it makes no
 * difference where a recording begins. Only {@link Ewma} has no sharp edge: what is older fades.
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
}
