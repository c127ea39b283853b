package dev.headroom.engine.statistics;

import java.util.Collection;
import java.util.List;

/**
 * By how much trials that come in clusters tell less than as many independent ones.
 *
 * <p>The ratio of two variances of a share (Kish 1965): the one its clusters show, and the one that
 * independent trials would have. Korn and Graubard (1998) divide the number of trials by it before
 * they take Clopper-Pearson's bounds.
 */
public final class DesignEffect {

  private DesignEffect() {}

  /**
   * The design effect, at least 1. It is 1 where nothing can be estimated: with fewer than two
   * clusters that have trials, or where all trials or none succeeded.
   */
  public static double of(Collection<ClusterCount> clusters) {
    List<ClusterCount> counted = clusters.stream().filter(each -> each.trials() > 0).toList();
    double trials = counted.stream().mapToInt(ClusterCount::trials).sum();
    double successes = counted.stream().mapToInt(ClusterCount::successes).sum();
    if (counted.size() < 2 || successes == 0 || successes == trials) {
      return 1;
    }
    double share = successes / trials;
    double squares = 0;
    for (ClusterCount each : counted) {
      double residual = each.successes() - share * each.trials();
      squares += residual * residual;
    }
    double ofClusters = squares * counted.size() / (counted.size() - 1.0) / (trials * trials);
    double ofIndependent = share * (1 - share) / (trials - 1);
    return Math.max(1, ofClusters / ofIndependent);
  }
}
