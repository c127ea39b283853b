package dev.headroom.engine.statistics;

import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The maximised sequential probability ratio test for Poisson counts (Kulldorff et al. 2011):
 * watches, event by event, whether more happens than is expected, and may stop at any moment
 * without spoiling its error rate. It signals when the log-likelihood ratio of "more than expected"
 * against "as expected" reaches a critical value, but never before a least number of events.
 *
 * <p>Time is counted in events expected if all is well. Probabilities are exact: for each count
 * there is a latest time at which it still signals, and between two such times the count without a
 * signal is a Markov chain with Poisson steps. No asymptotics, no simulation.
 *
 * <p>Cost: {@code O(length²)} for one probability, since a step adds few events; a critical value
 * takes about 50 of them (0.1 s at a length of 200).
 */
public final class MaxSprt {

  /** Longer tests take seconds to set up, and catch a doubled rate long before their end. */
  public static final double LONGEST = 1000;

  private static final double STEP_PROBABILITY_LEFT_OUT = 1e-18;
  private static final double HIGHEST_CRITICAL_VALUE = 50;
  private static final double PRECISION = 1e-10;

  private final double alpha;
  private final double length;
  private final int minimumEvents;
  private final double criticalValue;

  private MaxSprt(double alpha, double length, int minimumEvents, double criticalValue) {
    this.alpha = alpha;
    this.length = length;
    this.minimumEvents = minimumEvents;
    this.criticalValue = criticalValue;
  }

  /**
   * A test whose chance of a false alarm over its whole length is {@code alpha}.
   *
   * @param alpha in (0, 0.5]
   * @param length the events expected until it ends, in (0, {@link #LONGEST}]
   * @param minimumEvents never signals with fewer, 1 or more
   */
  public static MaxSprt of(double alpha, double length, int minimumEvents) {
    if (!(alpha > 0 && alpha <= 0.5)) {
      throw new IllegalArgumentException(
          "the chance of a false alarm is above 0 and at most 0.5, not " + alpha);
    }
    if (!(length > 0 && length <= LONGEST)) {
      throw new IllegalArgumentException(
          "the length is above 0 and at most %s expected events, not %s"
              .formatted(LONGEST, length));
    }
    if (minimumEvents < 1) {
      throw new IllegalArgumentException(
          "a test signals with 1 event or more, not with " + minimumEvents);
    }
    double tooLow = 0;
    double enough = HIGHEST_CRITICAL_VALUE;
    while (enough - tooLow > PRECISION) {
      double middle = (tooLow + enough) / 2;
      if (performance(middle, length, minimumEvents, 1).signalProbability() > alpha) {
        tooLow = middle;
      } else {
        enough = middle;
      }
    }
    return new MaxSprt(alpha, length, minimumEvents, enough);
  }

  /**
   * How a test does.
   *
   * @param signalProbability that it signals before it ends
   * @param signalTime when it does, on average over the times it does, in events expected if all is
   *     well; NaN when it never does
   * @param signalEvents how many events there are then, on average; NaN when it never does
   */
  public record Performance(double signalProbability, double signalTime, double signalEvents) {}

  /** The log-likelihood ratio; 0 as long as there are no more events than expected. */
  public static double logLikelihoodRatio(int events, double expected) {
    if (events < 0 || !(expected >= 0)) {
      throw new IllegalArgumentException(
          "%s events with %s expected are impossible".formatted(events, expected));
    }
    if (events <= expected) {
      return 0;
    }
    return expected == 0
        ? Double.POSITIVE_INFINITY
        : expected - events + events * StrictMath.log(events / expected);
  }

  /** Whether so many events after so many expected are a signal. */
  public boolean signals(int events, double expected) {
    return events >= minimumEvents
        && events > expected
        && logLikelihoodRatio(events, expected) >= criticalValue;
  }

  /**
   * The fewest events that are a signal at this time; empty when the test has ended by then.
   *
   * @param expected events expected so far if all is well
   */
  public OptionalInt signalAt(double expected) {
    if (expected > length) {
      return OptionalInt.empty();
    }
    int events = Math.max(minimumEvents, (int) Math.ceil(expected));
    while (!signals(events, expected)) {
      events++;
    }
    return OptionalInt.of(events);
  }

  /** How it does when events come {@code ratio} times as often as expected. */
  public Performance performance(double ratio) {
    return performance(criticalValue, length, minimumEvents, ratio);
  }

  public double alpha() {
    return alpha;
  }

  /** In events expected if all is well. */
  public double length() {
    return length;
  }

  public int minimumEvents() {
    return minimumEvents;
  }

  public double criticalValue() {
    return criticalValue;
  }

  private static Performance performance(
      double criticalValue, double length, int minimumEvents, double ratio) {
    // chance[k]: k events so far and no signal yet
    double[] chance = new double[minimumEvents + 1];
    chance[0] = 1;
    int most = 0;
    double now = 0;
    double signalled = 0;
    double timeSum = 0;
    double eventSum = 0;
    for (int events = minimumEvents; now < length; events++) {
      double until = Math.min(length, latestSignal(events, criticalValue));
      if (until > now) {
        double mean = ratio * (until - now);
        double[] steps = poisson(mean, events - 1);
        double[] next = new double[events + 1];
        for (int k = 0; k <= most; k++) {
          if (chance[k] == 0) {
            continue;
          }
          int needed = events - k;
          double stays = 0;
          for (int step = 0; step < steps.length && step < needed; step++) {
            next[k + step] += chance[k] * steps[step];
            stays += steps[step];
          }
          double reaches = Math.max(0, 1 - stays);
          signalled += chance[k] * reaches;
          eventSum += chance[k] * reaches * events;
          // The moment of the needed-th event, where it comes in time: needed/ratio · P(N ≥
          // needed+1).
          double later = Math.max(0, reaches - (needed < steps.length ? steps[needed] : 0));
          timeSum += chance[k] * (now * reaches + needed / ratio * later);
        }
        chance = next;
        most = events - 1;
        now = until;
      }
    }
    return signalled > 0
        ? new Performance(signalled, timeSum / signalled, eventSum / signalled)
        : new Performance(0, Double.NaN, Double.NaN);
  }

  /**
   * The latest time at which so many events signal: where their ratio falls to the critical value.
   */
  private static double latestSignal(int events, double criticalValue) {
    double early = 0;
    double late = events;
    while (late - early > 1e-13 * events) {
      double middle = (early + late) / 2;
      if (logLikelihoodRatio(events, middle) >= criticalValue) {
        early = middle;
      } else {
        late = middle;
      }
    }
    return early;
  }

  /**
   * The probabilities of 0, 1, … events, up to where they no longer count, at most to {@code
   * most}+1.
   */
  private static double[] poisson(double mean, int most) {
    double[] probabilities = new double[most + 2];
    double probability = StrictMath.exp(-mean);
    int count = 0;
    while (count < probabilities.length
        && (count <= mean || probability > STEP_PROBABILITY_LEFT_OUT)) {
      probabilities[count++] = probability;
      probability *= mean / count;
    }
    return Arrays.copyOf(probabilities, count);
  }
}
