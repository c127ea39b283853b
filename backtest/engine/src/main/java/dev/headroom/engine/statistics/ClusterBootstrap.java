package dev.headroom.engine.statistics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.apache.commons.math3.random.RandomGenerator;
import org.apache.commons.math3.random.Well19937c;

/**
 * Intervals of scores for which no exact one is known, such as a cost: whole clusters are drawn
 * again with replacement (Efron 1979; Davison and Hinkley 1997, section 3.8), so that what happens
 * inside of one may depend on itself in any way.
 *
 * @param resamples how often clusters are drawn
 * @param seed of the draws: the same seed gives the same interval
 */
public record ClusterBootstrap(int resamples, long seed) {

  /**
   * With fewer clusters the interval would be too short to mean anything: what is called 95% sure
   * is right in 82 of 100 simulations with 10, and in 75 with 5 ({@code docs/statistics.md}).
   */
  public static final int FEWEST_CLUSTERS = 10;

  public ClusterBootstrap {
    if (resamples < 1) {
      throw new IllegalArgumentException("at least 1 resample is needed, not " + resamples);
    }
  }

  /**
   * The score of the clusters with its percentile interval; no data with fewer than {@link
   * #FEWEST_CLUSTERS} clusters, or where the score of the clusters or of any draw is not finite.
   *
   * @param score a function of some clusters in which one may be several times
   */
  public <C> Estimate interval(
      List<C> clusters, ToDoubleFunction<List<C>> score, double confidence) {
    if (clusters.size() < FEWEST_CLUSTERS) {
      return Estimate.NO_DATA;
    }
    double value = score.applyAsDouble(clusters);
    double[] scores = scores(clusters, score);
    if (!Double.isFinite(value) || !Arrays.stream(scores).allMatch(Double::isFinite)) {
      return Estimate.NO_DATA;
    }
    Arrays.sort(scores);
    double tail = (1 - confidence) / 2;
    return new Estimate.Known(value, quantile(scores, tail), quantile(scores, 1 - tail));
  }

  private <C> double[] scores(List<C> clusters, ToDoubleFunction<List<C>> score) {
    RandomGenerator random = new Well19937c(seed);
    double[] scores = new double[resamples];
    List<C> drawn = new ArrayList<>(clusters);
    for (int i = 0; i < resamples; i++) {
      for (int j = 0; j < clusters.size(); j++) {
        drawn.set(j, clusters.get(random.nextInt(clusters.size())));
      }
      scores[i] = score.applyAsDouble(drawn);
    }
    return scores;
  }

  /** The outer of the two scores around the quantile: an interval is rather too long. */
  private static double quantile(double[] sorted, double probability) {
    double rank = probability * (sorted.length - 1);
    return sorted[(int) (probability < 0.5 ? Math.floor(rank) : Math.ceil(rank))];
  }
}
