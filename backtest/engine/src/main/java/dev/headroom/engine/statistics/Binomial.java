package dev.headroom.engine.statistics;

import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.apache.commons.math3.distribution.BetaDistribution;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.NormalDistribution;

/**
 * Shares of things that either happened or not, such as prevented kills.
 *
 * <p>Wilson's score interval (1927) is for showing; the exact bounds of Clopper and Pearson (1934)
 * are for deciding, because they hold at every count.
 */
public final class Binomial {

  /** Beyond this many more trials an answer helps nobody. */
  private static final int MOST_NEEDED = 1_000_000;

  /** Two outcomes that are equally likely may differ by rounding. */
  private static final double SAME_LIKELIHOOD = 1e-7;

  private Binomial() {}

  /** The share with Wilson's interval; no data without trials. */
  public static Estimate wilson(int successes, int trials, double confidence) {
    checkCounts(successes, trials);
    if (trials == 0) {
      return Estimate.NO_DATA;
    }
    double z = new NormalDistribution().inverseCumulativeProbability((1 + confidence) / 2);
    double n = trials;
    double share = successes / n;
    double centre = (share + z * z / (2 * n)) / (1 + z * z / n);
    double half = z / (1 + z * z / n) * Math.sqrt(share * (1 - share) / n + z * z / (4 * n * n));
    return new Estimate.Known(
        share,
        successes == 0 ? 0 : Math.max(0, centre - half),
        successes == trials ? 1 : Math.min(1, centre + half));
  }

  /** The share with the exact two-sided interval; no data without trials. */
  public static Estimate clopperPearson(int successes, int trials, double confidence) {
    double oneSided = (1 + confidence) / 2;
    OptionalDouble lower = lowerBound(successes, trials, oneSided);
    OptionalDouble upper = upperBound(successes, trials, oneSided);
    return lower.isPresent() && upper.isPresent()
        ? new Estimate.Known((double) successes / trials, lower.getAsDouble(), upper.getAsDouble())
        : Estimate.NO_DATA;
  }

  /**
   * The exact one-sided lower bound of the share; empty without trials.
   *
   * @param successes a count, or a part of one where trials are worth less than one each (see
   *     {@link DesignEffect})
   */
  public static OptionalDouble lowerBound(double successes, double trials, double confidence) {
    checkCounts(successes, trials);
    if (trials == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        successes == 0 ? 0 : betaQuantile(successes, trials - successes + 1, 1 - confidence));
  }

  /** The exact one-sided upper bound of the share; empty without trials. */
  public static OptionalDouble upperBound(double successes, double trials, double confidence) {
    checkCounts(successes, trials);
    if (trials == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        successes == trials ? 1 : betaQuantile(successes + 1, trials - successes, confidence));
  }

  /**
   * How many more trials are needed, if all of them succeed, until the exact one-sided lower bound
   * reaches the goal; empty when even a million would not do.
   */
  public static OptionalInt neededTrials(
      double successes, double trials, double goal, double confidence) {
    checkCounts(successes, trials);
    if (!reaches(successes, trials, MOST_NEEDED, goal, confidence)) {
      return OptionalInt.empty();
    }
    int tooFew = -1;
    int enough = MOST_NEEDED;
    while (enough - tooFew > 1) {
      int middle = (tooFew + enough) >>> 1;
      if (reaches(successes, trials, middle, goal, confidence)) {
        enough = middle;
      } else {
        tooFew = middle;
      }
    }
    return OptionalInt.of(enough);
  }

  /**
   * How surprising it is that just so many trials succeeded, if each does with this probability:
   * the chance of everything that is as unlikely or more so.
   *
   * @param probability of one success, in [0, 1]
   * @return 1 without trials
   */
  public static double pValue(int successes, int trials, double probability) {
    checkCounts(successes, trials);
    BinomialDistribution distribution = new BinomialDistribution(null, trials, probability);
    double observed = distribution.probability(successes) * (1 + SAME_LIKELIHOOD);
    double pValue = 0;
    for (int count = 0; count <= trials; count++) {
      double each = distribution.probability(count);
      if (each <= observed) {
        pValue += each;
      }
    }
    return Math.min(1, pValue);
  }

  private static boolean reaches(
      double successes, double trials, int more, double goal, double confidence) {
    return lowerBound(successes + more, trials + more, confidence).orElse(0) >= goal;
  }

  private static double betaQuantile(double alpha, double beta, double probability) {
    if (beta == 1) {
      return StrictMath.pow(probability, 1 / alpha);
    }
    if (alpha == 1) {
      return 1 - StrictMath.pow(1 - probability, 1 / beta);
    }
    return new BetaDistribution(alpha, beta).inverseCumulativeProbability(probability);
  }

  static void checkCounts(double successes, double trials) {
    if (!(successes >= 0 && successes <= trials)) {
      throw new IllegalArgumentException(
          "%s successes of %s trials are impossible".formatted(plain(successes), plain(trials)));
    }
  }

  private static String plain(double count) {
    return count == Math.rint(count) ? String.valueOf((long) count) : String.valueOf(count);
  }
}
