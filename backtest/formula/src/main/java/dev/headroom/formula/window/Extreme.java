package dev.headroom.formula.window;

/**
 * The largest or smallest value in the window: a queue of those that can still become it, O(1)
 * amortised.
 */
public final class Extreme implements Window {

  private final long lengthNs;
  private final boolean largest;
  private final Samples candidates = new Samples();

  private Extreme(long lengthNs, boolean largest) {
    this.lengthNs = lengthNs;
    this.largest = largest;
  }

  public static Extreme max(long lengthNs) {
    return new Extreme(lengthNs, true);
  }

  public static Extreme min(long lengthNs) {
    return new Extreme(lengthNs, false);
  }

  @Override
  public void observe(long timeNs, double value) {
    while (!candidates.isEmpty() && candidates.time(0) <= timeNs - lengthNs) {
      candidates.removeFirst();
    }
    if (Double.isNaN(value)) {
      return;
    }
    while (!candidates.isEmpty() && supersedes(value, candidates.value(candidates.size() - 1))) {
      candidates.removeLast();
    }
    candidates.addLast(timeNs, value);
  }

  private boolean supersedes(double newer, double older) {
    return largest ? newer >= older : newer <= older;
  }

  @Override
  public double value() {
    return candidates.isEmpty() ? Double.NaN : candidates.value(0);
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
