package dev.headroom.engine.statistics;

import java.util.SplittableRandom;

/**
 * Plays a sequential test many times with events drawn by chance, as a check of its exact figures.
 * The same seed gives the same answer.
 *
 * @param runs how often it was played
 * @param signals how often it signalled
 * @param signalTime when, on average, in events expected if all is well; NaN without a signal
 * @param signalEvents after how many events, on average; NaN without a signal
 */
public record MaxSprtSimulation(int runs, int signals, double signalTime, double signalEvents) {

  /**
   * Plays a test.
   *
   * @param ratio how many times as often as expected events come; 1 makes every signal a false one
   */
  public static MaxSprtSimulation of(MaxSprt test, double ratio, int runs, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int signals = 0;
    double time = 0;
    long events = 0;
    for (int run = 0; run < runs; run++) {
      double now = 0;
      for (int count = 1; ; count++) {
        now -= StrictMath.log(1 - random.nextDouble()) / ratio;
        if (now > test.length()) {
          break;
        }
        if (test.signals(count, now)) {
          signals++;
          time += now;
          events += count;
          break;
        }
      }
    }
    return new MaxSprtSimulation(runs, signals, time / signals, (double) events / signals);
  }

  /** The share of runs that signalled, with its exact interval. */
  public Estimate signalShare() {
    return Binomial.clopperPearson(signals, runs, 0.95);
  }
}
