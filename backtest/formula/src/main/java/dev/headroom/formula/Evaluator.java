package dev.headroom.formula;

/**
 * One running formula for one instance: it remembers what the formula's windows need. Not
 * thread-safe.
 *
 * <p>Call {@link #observe} at every sample and {@link #evaluate} whenever a decision is due. Asking
 * more or less often never changes a later answer, and no answer depends on a sample that was not
 * observed yet.
 */
public interface Evaluator {

  /**
   * Takes the next sample.
   *
   * @param timeNs nanoseconds since any fixed origin; never less than at the call before
   * @param values one per entry of {@link Formula#inputs()}, in that order and in the unit of the
   *     input's dimension; NaN where the sample has no value. The array is copied.
   * @throws IllegalArgumentException if time runs backwards or the number of values is wrong
   */
  void observe(long timeNs, double[] values);

  /**
   * The limit in bytes at the sample last observed.
   *
   * @return NaN if there is no number to give: nothing was observed, an input that is needed is
   *     absent, a window has too little in it, or the arithmetic has no answer. The value may be
   *     infinite or negative; the caller decides what to make of that.
   */
  double evaluate();
}
