package dev.headroom.formula.window;

/**
 * What the expression was a fixed time ago: its value at the last sample that is at least that old,
 * absent if it was absent then, and absent while no sample is that old.
 */
public final class Delay implements Window {

  private final long delayNs;
  private final Samples pending = new Samples();
  private double value = Double.NaN;

  public Delay(long delayNs) {
    this.delayNs = delayNs;
  }

  @Override
  public void observe(long timeNs, double newValue) {
    pending.addLast(timeNs, newValue);
    while (!pending.isEmpty() && pending.time(0) <= timeNs - delayNs) {
      value = pending.value(0);
      pending.removeFirst();
    }
  }

  @Override
  public double value() {
    return value;
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
