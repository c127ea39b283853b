package dev.headroom.formula.window;

/**
 * A quantile of the values in the window, between neighbours by linear interpolation (rank {@code q
 * * (n - 1)}). Keeps them sorted in a {@link SortedBlocks}, whose cost it has.
 */
public final class Quantile implements Window {

  private final long lengthNs;
  private final double quantile;
  private final Samples samples = new Samples();
  private final SortedBlocks sorted = new SortedBlocks();

  /**
   * A window.
   *
   * @param quantile from 0 (smallest) to 1 (largest)
   */
  public Quantile(long lengthNs, double quantile) {
    this.lengthNs = lengthNs;
    this.quantile = quantile;
  }

  @Override
  public void observe(long timeNs, double value) {
    while (!samples.isEmpty() && samples.time(0) <= timeNs - lengthNs) {
      sorted.remove(samples.value(0));
      samples.removeFirst();
    }
    if (!Double.isNaN(value)) {
      sorted.insert(value);
      samples.addLast(timeNs, value);
    }
  }

  @Override
  public double value() {
    if (samples.isEmpty()) {
      return Double.NaN;
    }
    double rank = quantile * (samples.size() - 1);
    int below = (int) rank;
    double low = sorted.get(below);
    double share = rank - below;
    if (share == 0) {
      return low;
    }
    double high = sorted.get(below + 1);
    return low == high ? low : low + share * (high - low);
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
