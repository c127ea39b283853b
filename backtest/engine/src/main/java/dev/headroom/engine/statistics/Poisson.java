package dev.headroom.engine.statistics;

import java.util.OptionalDouble;
import org.apache.commons.math3.distribution.ChiSquaredDistribution;

/**
 * Rates of rare events over time, such as false blocks, with the exact limits of Garwood (1936).
 *
 * <p>The unit of time is the caller's, such as instance-days.
 */
public final class Poisson {

  private Poisson() {}

  /**
   * The rate for each unit of time with its exact interval; no data without any time. With no
   * events there is nothing below 0, so all of the doubt goes to the upper limit.
   */
  public static Estimate rate(int events, double time, double confidence) {
    check(events, time);
    if (time == 0) {
      return Estimate.NO_DATA;
    }
    double oneSided = events == 0 ? confidence : (1 + confidence) / 2;
    return new Estimate.Known(
        events / time, lowerCount(events, oneSided) / time, upperCount(events, oneSided) / time);
  }

  /** The exact one-sided lower bound of the rate; empty without any time. */
  public static OptionalDouble lowerBound(int events, double time, double confidence) {
    check(events, time);
    return time == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(lowerCount(events, confidence) / time);
  }

  /** The exact one-sided upper bound of the rate; empty without any time. */
  public static OptionalDouble upperBound(int events, double time, double confidence) {
    check(events, time);
    return time == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(upperCount(events, confidence) / time);
  }

  /**
   * How much more time is needed, if nothing happens in it, until the exact one-sided upper bound
   * of the rate is down at the goal.
   *
   * @param goal events for each unit of time, above 0
   */
  public static double neededTime(int events, double time, double goal, double confidence) {
    check(events, time);
    if (!(goal > 0)) {
      throw new IllegalArgumentException("no time proves a rate of " + goal);
    }
    return Math.max(0, upperCount(events, confidence) / goal - time);
  }

  private static double lowerCount(int events, double confidence) {
    return events == 0
        ? 0
        : new ChiSquaredDistribution(2.0 * events).inverseCumulativeProbability(1 - confidence) / 2;
  }

  private static double upperCount(int events, double confidence) {
    return events == 0
        ? -StrictMath.log(1 - confidence)
        : new ChiSquaredDistribution(2.0 * events + 2).inverseCumulativeProbability(confidence) / 2;
  }

  private static void check(int events, double time) {
    if (events < 0 || !(time >= 0)) {
      throw new IllegalArgumentException(
          "%s events over a time of %s are impossible".formatted(events, time));
    }
  }
}
