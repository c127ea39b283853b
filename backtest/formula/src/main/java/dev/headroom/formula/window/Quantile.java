package dev.headroom.formula.window;

import java.util.Arrays;

/**
 * A quantile of the values in the window, between neighbours by linear interpolation (rank {@code q
 * * (n - 1)}). Keeps them sorted: O(n) moves of memory for each sample, O(1) for each question.
 */
public final class Quantile implements Window {

  private final long lengthNs;
  private final double quantile;
  private final Samples samples = new Samples();
  private double[] sorted = new double[16];

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
      remove(samples.value(0));
    }
    if (!Double.isNaN(value)) {
      insert(value);
      samples.addLast(timeNs, value);
    }
  }

  private void remove(double value) {
    int at = Arrays.binarySearch(sorted, 0, samples.size(), value);
    System.arraycopy(sorted, at + 1, sorted, at, samples.size() - at - 1);
    samples.removeFirst();
  }

  private void insert(double value) {
    if (samples.size() == sorted.length) {
      sorted = Arrays.copyOf(sorted, 2 * sorted.length);
    }
    int found = Arrays.binarySearch(sorted, 0, samples.size(), value);
    int at = found < 0 ? -found - 1 : found;
    System.arraycopy(sorted, at, sorted, at + 1, samples.size() - at);
    sorted[at] = value;
  }

  @Override
  public double value() {
    if (samples.isEmpty()) {
      return Double.NaN;
    }
    double rank = quantile * (samples.size() - 1);
    int below = (int) rank;
    double low = sorted[below];
    double high = sorted[Math.min(below + 1, samples.size() - 1)];
    double share = rank - below;
    return share == 0 || low == high ? low : low + share * (high - low);
  }
}
