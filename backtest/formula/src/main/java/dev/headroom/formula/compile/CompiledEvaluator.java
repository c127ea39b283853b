package dev.headroom.formula.compile;

import dev.headroom.formula.Evaluator;
import dev.headroom.formula.Input;
import java.util.List;

/**
 * Compiled code at one sample at a time, as a live loop meets them: columns of length one. The
 * limit is computed at every sample, whether it is asked for or not.
 */
final class CompiledEvaluator implements Evaluator {

  private final List<Input> inputs;
  private final CompiledColumns columns;
  private final long[] timesNs = new long[1];
  private final double[][] values;
  private final double[] limits = {Double.NaN};
  private boolean observed;

  CompiledEvaluator(List<Input> inputs, CompiledColumns columns) {
    this.inputs = inputs;
    this.columns = columns;
    this.values = new double[inputs.size()][1];
  }

  @Override
  public void observe(long timeNs, double[] sample) {
    if (sample.length != values.length) {
      throw new IllegalArgumentException(
          "%d values for the %d inputs %s".formatted(sample.length, values.length, inputs));
    }
    if (observed && timeNs < timesNs[0]) {
      throw new IllegalArgumentException(
          "the sample at %d ns comes after the one at %d ns".formatted(timeNs, timesNs[0]));
    }
    observed = true;
    timesNs[0] = timeNs;
    for (int input = 0; input < sample.length; input++) {
      values[input][0] = sample[input];
    }
    columns.evaluate(timesNs, values, 0, 1, limits);
  }

  @Override
  public double evaluate() {
    return limits[0];
  }
}
