package dev.headroom.engine.statistics;

/**
 * Trials of one cluster, such as the kills of one instance.
 *
 * @param successes how many of them succeeded
 * @param trials how many there were
 */
public record ClusterCount(int successes, int trials) {

  public ClusterCount {
    Binomial.checkCounts(successes, trials);
  }
}
