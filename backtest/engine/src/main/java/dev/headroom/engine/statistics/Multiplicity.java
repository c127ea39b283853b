package dev.headroom.engine.statistics;

import org.apache.commons.math3.distribution.BinomialDistribution;

/** What trying many things and keeping the best does to a claim about the best. */
public final class Multiplicity {

  private Multiplicity() {}

  /**
   * How sure one claim must be, so that the chance that any of so many claims is wrong stays what
   * it was for one: Bonferroni's correction, which holds however the claims depend on each other.
   *
   * @param tried how many were tried on the same data, 1 or more
   */
  public static double confidence(double confidence, int tried) {
    checkTried(tried);
    return 1 - (1 - confidence) / tried;
  }

  /**
   * The share of successes that the best of so many is expected to show when all of them have the
   * same true share and none is better than another: the mean of the largest of {@code tried}
   * independent binomial counts, divided by {@code trials}.
   *
   * @param trials how many each was judged by, 1 or more
   * @param share the true share of each, in [0, 1]
   */
  public static double expectedBestShare(int tried, int trials, double share) {
    checkTried(tried);
    if (trials < 1) {
      throw new IllegalArgumentException("nothing is best in " + trials + " trials");
    }
    BinomialDistribution each = new BinomialDistribution(null, trials, share);
    double mean = 0;
    for (int count = 0; count < trials; count++) {
      mean += 1 - StrictMath.pow(each.cumulativeProbability(count), tried);
    }
    return mean / trials;
  }

  private static void checkTried(int tried) {
    if (tried < 1) {
      throw new IllegalArgumentException("at least 1 was tried, not " + tried);
    }
  }
}
