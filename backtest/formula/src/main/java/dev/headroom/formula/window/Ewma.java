package dev.headroom.formula.window;

/**
 * An exponentially weighted mean whose past fades by half in each half-life of real time, whatever
 * the distance of the samples: {@code mean += (1 - 2^(-dt / halfLife)) * (value - mean)}, beginning
 * with the first value. It is absent before the first value, and again when the last one is {@link
 * #MEMORY_HALF_LIVES} half-lives old; it then begins anew.
 */
public final class Ewma implements Window {

  /** After so many half-lives less than a thousandth of a value is left. */
  public static final int MEMORY_HALF_LIVES = 10;

  private final long halfLifeNs;
  private double mean = Double.NaN;
  private long meanAtNs;

  /** The step last met and what it leaves of the past: steps repeat, and powers are slow. */
  private long stepNs = -1;

  private double kept;

  public Ewma(long halfLifeNs) {
    this.halfLifeNs = halfLifeNs;
  }

  @Override
  public void observe(long timeNs, double value) {
    if (timeNs - meanAtNs >= MEMORY_HALF_LIVES * halfLifeNs) {
      mean = Double.NaN;
    }
    if (Double.isNaN(value)) {
      return;
    }
    if (Double.isNaN(mean)) {
      mean = value;
    } else {
      if (timeNs - meanAtNs != stepNs) {
        stepNs = timeNs - meanAtNs;
        kept = StrictMath.pow(2, -(double) stepNs / halfLifeNs);
      }
      mean += (1 - kept) * (value - mean);
    }
    meanAtNs = timeNs;
  }

  @Override
  public double value() {
    return mean;
  }

  @Override
  public void observeAll(
      long[] timesNs, int from, int to, double[] values, int shift, double[] results) {
    for (int i = from; i < to; i++) {
      observe(timesNs[i], values[i - shift]);
      results[i - from] = value();
    }
  }
}
