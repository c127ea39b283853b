package dev.headroom.engine.statistics;

import java.util.OptionalDouble;
import org.apache.commons.math3.distribution.BinomialDistribution;

/** McNemar's exact test: whether two policies differ, from the pairs on which they disagree. */
public final class McNemar {

  private McNemar() {}

  /**
   * The two-sided p-value; empty when they never disagree, which says nothing about either.
   *
   * @param onlyFirst pairs in which only the first succeeded
   * @param onlySecond pairs in which only the second did
   */
  public static OptionalDouble pValue(int onlyFirst, int onlySecond) {
    if (onlyFirst < 0 || onlySecond < 0) {
      throw new IllegalArgumentException(
          "counts are 0 or more, not " + onlyFirst + " and " + onlySecond);
    }
    int discordant = onlyFirst + onlySecond;
    if (discordant == 0) {
      return OptionalDouble.empty();
    }
    double tail =
        new BinomialDistribution(null, discordant, 0.5)
            .cumulativeProbability(Math.min(onlyFirst, onlySecond));
    return OptionalDouble.of(Math.min(1, 2 * tail));
  }
}
