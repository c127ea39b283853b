package dev.headroom.engine.statistics;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.apache.commons.math3.distribution.BinomialDistribution;

/** McNemar's exact test: whether two policies differ, from the pairs on which they disagree. */
public final class McNemar {

  /** Beyond this many more pairs an answer helps nobody. */
  private static final int MOST_NEEDED = 1000;

  private McNemar() {}

  /**
   * The two-sided p-value; empty when they never disagree, which says nothing about either.
   *
   * @param onlyFirst pairs in which only the first succeeded
   * @param onlySecond pairs in which only the second did
   */
  public static OptionalDouble pValue(int onlyFirst, int onlySecond) {
    Discordance pairs = new Discordance(onlyFirst, onlySecond);
    int discordant = pairs.onlyFirst() + pairs.onlySecond();
    if (discordant == 0) {
      return OptionalDouble.empty();
    }
    double tail =
        new BinomialDistribution(null, discordant, 0.5)
            .cumulativeProbability(Math.min(onlyFirst, onlySecond));
    return OptionalDouble.of(Math.min(1, 2 * tail));
  }

  /**
   * The two-sided p-value where pairs of one cluster may depend on each other in any way; empty
   * when the policies never disagree.
   *
   * <p>Under the null hypothesis the two policies could change names in every cluster: each
   * cluster's difference keeps its size and takes either sign with the same chance. This is
   * Pitman's exact randomisation test (1937) on the clusters' differences; where every cluster has
   * one pair it is {@link #pValue(int, int)}. Costs clusters times discordant pairs.
   */
  public static OptionalDouble pValue(Collection<Discordance> clusters) {
    if (clusters.stream().allMatch(each -> each.onlyFirst() + each.onlySecond() == 0)) {
      return OptionalDouble.empty();
    }
    List<Integer> differences = clusters.stream().map(Discordance::difference).toList();
    int largest = differences.stream().mapToInt(Math::abs).sum();
    int observed = Math.abs(differences.stream().mapToInt(Integer::intValue).sum());
    double[] chanceOfSum = new double[2 * largest + 1];
    chanceOfSum[largest] = 1;
    for (int difference : differences) {
      if (difference != 0) {
        chanceOfSum = eitherSign(chanceOfSum, Math.abs(difference));
      }
    }
    double atLeast = 0;
    for (int sum = Math.max(1, observed); sum <= largest; sum++) {
      atLeast += chanceOfSum[largest + sum];
    }
    return OptionalDouble.of(observed == 0 ? 1 : Math.min(1, 2 * atLeast));
  }

  private static double[] eitherSign(double[] chanceOfSum, int step) {
    double[] next = new double[chanceOfSum.length];
    for (int i = 0; i < chanceOfSum.length; i++) {
      double half = chanceOfSum[i] / 2;
      if (half > 0) {
        next[i + step] += half;
        next[i - step] += half;
      }
    }
    return next;
  }

  /**
   * How many more pairs, each in a cluster of its own and all the way the clusters lean so far,
   * would make the test find a difference; empty when even a thousand would not do.
   *
   * @param significance the p-value to be below, in (0, 1)
   */
  public static OptionalInt neededClusters(Collection<Discordance> clusters, double significance) {
    int lead = clusters.stream().mapToInt(Discordance::difference).sum();
    Discordance one = lead >= 0 ? new Discordance(1, 0) : new Discordance(0, 1);
    List<Discordance> all = new ArrayList<>(clusters);
    for (int more = 0; more <= MOST_NEEDED; more++) {
      if (pValue(all).orElse(1) < significance) {
        return OptionalInt.of(more);
      }
      all.add(one);
    }
    return OptionalInt.empty();
  }
}
