package dev.headroom.formula.compile;

/** The loops of a schedule as code. Stateless. */
interface Kernel {

  /**
   * Runs one loop over the samples in [from, to).
   *
   * @param columns inputs; the value of sample i is at i
   * @param scratch the value of sample i is at {@code i - from}
   * @param pool see {@link Graph#pool}
   * @param limits receives the limit of sample i at i, if this loop gives it
   */
  void run(
      int loop,
      double[][] columns,
      double[][] scratch,
      double[] pool,
      int from,
      int to,
      double[] limits);
}
