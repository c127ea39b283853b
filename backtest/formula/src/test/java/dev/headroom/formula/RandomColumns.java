package dev.headroom.formula;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/** Samples of a recording as columns, with everything in them that may go wrong. */
final class RandomColumns {

  private static final long SECOND_NS = 1_000_000_000L;

  /** What arithmetic treats in ways of its own. */
  private static final double[] SPECIAL = {
    Double.NaN,
    Double.POSITIVE_INFINITY,
    Double.NEGATIVE_INFINITY,
    0.0,
    -0.0,
    1,
    -1,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Double.MIN_NORMAL,
    Double.MAX_VALUE,
    -Double.MAX_VALUE,
    1L << 53,
    (1L << 53) + 1.0,
    4095,
    4096,
    1e-9
  };

  private final long[] timesNs;
  private final double[][] columns;

  private RandomColumns(long[] timesNs, double[][] columns) {
    this.timesNs = timesNs;
    this.columns = columns;
  }

  /**
   * Columns for the inputs of a formula. Most values are what instances show; how many are special,
   * absent or the same as before, and how long gaps are, differs from call to call.
   */
  static RandomColumns of(Formula formula, int samples, Random random) {
    int oneSpecialIn = random.nextBoolean() ? 1_000_000 : random.nextInt(2, 30);
    int oneAbsentIn = random.nextInt(2, 20);
    int oneGapIn = random.nextInt(5, 100);
    long[] timesNs = new long[samples];
    long timeNs = random.nextLong(-1L << 55, 1L << 60);
    for (int i = 0; i < samples; i++) {
      timesNs[i] = timeNs;
      long stepNs = random.nextInt(4) == 0 ? random.nextLong(2 * SECOND_NS) : SECOND_NS;
      timeNs += random.nextInt(oneGapIn) == 0 ? random.nextLong(100 * SECOND_NS) : stepNs;
      timeNs -= random.nextInt(20) == 0 ? stepNs - Math.min(stepNs, 1) : 0;
      timeNs = Math.max(timeNs, timesNs[i]);
    }
    double[][] columns = new double[formula.inputs().size()][samples];
    for (int column = 0; column < columns.length; column++) {
      int bound = formula.inputs().get(column).dimension() == Dimension.BYTES ? 1 << 30 : 50;
      for (int i = 0; i < samples; i++) {
        columns[column][i] =
            random.nextInt(oneSpecialIn) == 0
                ? SPECIAL[random.nextInt(SPECIAL.length)]
                : random.nextInt(oneAbsentIn) == 0
                    ? Double.NaN
                    : i > 0 && random.nextInt(4) == 0
                        ? columns[column][i - 1]
                        : random.nextInt(1, bound);
      }
    }
    return new RandomColumns(timesNs, columns);
  }

  /** The limits at all samples, computed in one call. */
  double[] limits(ColumnEvaluator evaluator) {
    double[] limits = new double[timesNs.length];
    evaluator.evaluate(timesNs, columns, 0, limits.length, limits);
    return limits;
  }

  /** The limits at the samples at which one is asked for; NaN at the others. */
  double[] limits(Evaluator evaluator, BitSet asked) {
    double[] limits = new double[timesNs.length];
    Arrays.fill(limits, Double.NaN);
    for (int i = 0; i < limits.length; i++) {
      int sample = i;
      evaluator.observe(
          timesNs[i], Arrays.stream(columns).mapToDouble(column -> column[sample]).toArray());
      if (asked.get(i)) {
        limits[i] = evaluator.evaluate();
      }
    }
    return limits;
  }

  /** The same in pieces of random length, some of them empty. */
  double[] limitsInPieces(ColumnEvaluator evaluator, Random random) {
    double[] limits = new double[timesNs.length];
    int from = 0;
    while (from < limits.length) {
      int to = Math.min(limits.length, from + random.nextInt(limits.length + 1));
      evaluator.evaluate(timesNs, columns, from, to, limits);
      from = to;
    }
    return limits;
  }
}
