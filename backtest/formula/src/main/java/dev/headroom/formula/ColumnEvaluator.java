package dev.headroom.formula;

/**
 * One running formula for one instance, fed with columns of samples instead of one sample at a
 * time. It remembers what the formula's windows need from call to call, so a recording may be given
 * at once or in pieces of any length: the limits are the same, bit by bit, and its memory is
 * bounded by the windows and not by the recording. Not thread-safe.
 */
public interface ColumnEvaluator {

  /**
   * Takes the next samples and computes the limit at each of them, due or not. Windows see every
   * sample; a caller that decides less often uses only the limits at the samples where a decision
   * is due and gets what {@link Evaluator} would have answered there.
   *
   * <p>Absent values are NaN in both directions. The language does not tell an absent value from a
   * computed NaN, and so neither do columns; the payload of a NaN means nothing and may differ from
   * run to run, so compare with {@link Double#doubleToLongBits}.
   *
   * @param timesNs when each sample was made, in nanoseconds since any fixed origin; never less
   *     than at the sample before, in this call or the last
   * @param columns one for each entry of {@link Formula#inputs()}, in that order and in the unit of
   *     the input's dimension; not written to
   * @param from index of the first new sample in every array
   * @param to index behind the last new sample
   * @param limits at the index of each new sample, receives what {@link Evaluator#evaluate} gives
   *     there: bytes, possibly NaN, infinite or negative. The rest of the array stays as it is, and
   *     it may be none of the columns.
   * @throws IllegalArgumentException if time runs backwards in a formula that looks at the past, or
   *     the number of columns is wrong
   * @throws IndexOutOfBoundsException if the range is not inside every array
   */
  void evaluate(long[] timesNs, double[][] columns, int from, int to, double[] limits);
}
