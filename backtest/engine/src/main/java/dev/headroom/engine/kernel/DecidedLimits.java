package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.SideBySideSums.Sum;

/**
 * The hot path of a replay: a stretch of samples at each of which a policy decides, each decision
 * in force until the next sample, and what that comes to beside the headroom.
 *
 * <p><b>Data.</b> The column of a rule's answers, and columns of the chunk that every policy reads.
 * An answer belongs to the interval after its sample, so headroom and length of intervals are there
 * by the sample at which they begin: all arrays of a loop have one index. Under an index moved by
 * one the JIT would have to fear that an array is another one's, and would not use vectors.
 *
 * <p><b>Why it is fast.</b> Each loop does one thing to whole columns without a branch. The
 * smallest and the largest answer say at once whether all are decisions, whether they need the
 * policy's bounds, whether a peak can be above any of them, and mostly that they are all on one
 * side of the headroom, so that one of the two sums gets nothing. What cannot be reordered, the
 * sums, is left to {@link SideBySideSums}. {@code docs/benchmarks.md} has the figures.
 *
 * <p><b>Same bits.</b> Limits are whole bytes in a {@code long}; here they are rounded down in a
 * {@code double}, which is the same number: below 2^53 both are exact, and beyond it doubles are
 * whole anyway. Bounds that no double can tell take the slow path ({@link LimitState#isImmediate}).
 */
final class DecidedLimits {

  private final double[] answers;
  private int from;
  private int to;
  private double smallest;
  private double largest;

  /**
   * Limits decided by these answers.
   *
   * @param answers in bytes, by sample of the chunk; written anew for each policy
   */
  DecidedLimits(double[] answers) {
    this.answers = answers;
  }

  /**
   * Looks at a stretch of samples, which ends at the first answer that is no decision.
   *
   * @param first where it begins
   * @param end where it ends otherwise
   * @return the sample behind the stretch
   */
  int start(LimitState state, int first, int end) {
    from = first;
    to = end;
    findRange();
    if (!(LimitState.isDecision(smallest) && LimitState.isDecision(largest))) {
      to = from;
      while (to < end && LimitState.isDecision(answers[to])) {
        to++;
      }
      findRange();
    }
    if (from < to) {
      bound((double) state.minimumBytes(), (double) state.maximumBytes());
    }
    return to;
  }

  private void findRange() {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int sample = from; sample < to; sample++) {
      low = Math.min(low, answers[sample]);
      high = Math.max(high, answers[sample]);
    }
    smallest = low;
    largest = high;
  }

  /** Bounds are whole, so it is the same whether they come before or after rounding down. */
  private void bound(double minimum, double maximum) {
    if (smallest < minimum || largest > maximum) {
      for (int sample = from; sample < to; sample++) {
        answers[sample] = Math.min(Math.max(answers[sample], minimum), maximum);
      }
    }
    smallest = Math.floor(Math.clamp(smallest, minimum, maximum));
    largest = Math.floor(Math.clamp(largest, minimum, maximum));
  }

  /** No limit that is decided in the stretch is below this, in bytes. */
  long smallestBytes(LimitState state) {
    return state.clamp(smallest);
  }

  /**
   * Adds what the limits promise beyond the headroom and what they leave of it, over the intervals
   * that begin at a sample of the stretch and end in it.
   */
  void compare(ReplayChunk chunk, Sum overPromise, Sum slack, SideBySideSums sums) {
    int end = to - 1;
    if (smallest >= chunk.largestHeadroom) {
      writeOverPromise(chunk, sums.column(overPromise, from, end));
    } else if (largest <= chunk.smallestHeadroom) {
      writeSlack(chunk, sums.column(slack, from, end));
    } else {
      double[] over = sums.column(overPromise, from, end);
      writeOverPromise(chunk, over);
      positivePart(over);
      double[] under = sums.column(slack, from, end);
      writeSlack(chunk, under);
      positivePart(under);
    }
  }

  private void writeOverPromise(ReplayChunk chunk, double[] column) {
    double[] headroom = chunk.followedHeadroom;
    double[] ns = chunk.followedNs;
    for (int sample = from; sample < to - 1; sample++) {
      column[sample] = (Math.floor(answers[sample]) - headroom[sample]) * ns[sample];
    }
  }

  private void writeSlack(ReplayChunk chunk, double[] column) {
    double[] headroom = chunk.followedHeadroom;
    double[] ns = chunk.followedNs;
    for (int sample = from; sample < to - 1; sample++) {
      column[sample] = (headroom[sample] - Math.floor(answers[sample])) * ns[sample];
    }
  }

  private void positivePart(double[] column) {
    for (int sample = from; sample < to - 1; sample++) {
      column[sample] = Math.max(column[sample], 0.0);
    }
  }
}
