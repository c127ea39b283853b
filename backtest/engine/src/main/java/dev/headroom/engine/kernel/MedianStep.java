package dev.headroom.engine.kernel;

import java.util.Arrays;

/** The usual time between two samples of a recording. */
public final class MedianStep {

  private MedianStep() {}

  /**
   * Twice the median step, so that the mean of the two middle ones stays whole.
   *
   * @param timeNs ascending
   * @return below zero with fewer than two samples: the steps are unknown
   */
  public static long doubledNs(long[] timeNs) {
    int steps = timeNs.length - 1;
    if (steps < 1) {
      return -1;
    }
    long[] sorted = new long[steps];
    for (int i = 0; i < steps; i++) {
      sorted[i] = timeNs[i + 1] - timeNs[i];
    }
    Arrays.sort(sorted);
    return sorted[(steps - 1) / 2] + sorted[steps / 2];
  }
}
