package dev.headroom.formula.interpret;

import dev.headroom.formula.ColumnEvaluator;
import dev.headroom.formula.Evaluator;
import java.util.Objects;

/** Shows the samples in columns to an evaluator, one after the other. */
public final class ColumnInterpreter implements ColumnEvaluator {

  private final Evaluator evaluator;
  private final int columnCount;

  public ColumnInterpreter(Evaluator evaluator, int columnCount) {
    this.evaluator = evaluator;
    this.columnCount = columnCount;
  }

  @Override
  public void evaluate(long[] timesNs, double[][] columns, int from, int to, double[] limits) {
    requireRange(timesNs, columns, columnCount, from, to, limits);
    double[] values = new double[columnCount];
    for (int sample = from; sample < to; sample++) {
      for (int column = 0; column < columnCount; column++) {
        values[column] = columns[column][sample];
      }
      evaluator.observe(timesNs[sample], values);
      limits[sample] = evaluator.evaluate();
    }
  }

  /**
   * Checks the arguments of {@link ColumnEvaluator#evaluate}, times left out.
   *
   * @throws IllegalArgumentException if the number of columns is wrong
   * @throws IndexOutOfBoundsException if the range is not inside every array
   */
  public static void requireRange(
      long[] timesNs, double[][] columns, int columnCount, int from, int to, double[] limits) {
    if (columns.length != columnCount) {
      throw new IllegalArgumentException(
          "%d columns for the %d inputs of the formula".formatted(columns.length, columnCount));
    }
    Objects.checkFromToIndex(from, to, timesNs.length);
    Objects.checkFromToIndex(from, to, limits.length);
    for (double[] column : columns) {
      Objects.checkFromToIndex(from, to, column.length);
    }
  }
}
