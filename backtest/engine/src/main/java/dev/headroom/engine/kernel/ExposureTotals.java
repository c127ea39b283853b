package dev.headroom.engine.kernel;

/** Adds up the time in which something could happen; the same under every policy. */
final class ExposureTotals {

  static final double NS_PER_HOUR = 3600e9;
  static final double NS_PER_DAY = 86400e9;

  private long exposedNs;
  private long gapNs;
  private int gaps;
  private double backendNs;

  /** An interval that is evaluated, with the connections at its start, NaN where unknown. */
  void add(long durationNs, double connections) {
    exposedNs += durationNs;
    if (!Double.isNaN(connections)) {
      backendNs += connections * durationNs;
    }
  }

  void addGap(long durationNs) {
    gaps++;
    gapNs += durationNs;
  }

  double instanceDays() {
    return exposedNs / NS_PER_DAY;
  }

  double backendHours() {
    return backendNs / NS_PER_HOUR;
  }

  int gaps() {
    return gaps;
  }

  double gapHours() {
    return gapNs / NS_PER_HOUR;
  }
}
