package dev.headroom.engine.kernel;

import java.util.Arrays;

/**
 * Adds several columns up at once, each to a sum of its own and in the order of its samples.
 *
 * <p>Sums of floating point numbers depend on their order, and a replay promises its own: that of
 * time. So one sum is a chain in which every addition waits for the one before, four cycles or so,
 * while the processor could do two in one cycle. The chains of different policies do not wait for
 * each other: eight go side by side in the time of one.
 */
final class SideBySideSums {

  private static final int PLACES = 8;

  /** A sum that columns are added to. */
  static final class Sum {
    private double value;

    /** Adds one number; no column of this sum may be waiting. */
    void add(double number) {
      value += number;
    }

    double value() {
      return value;
    }
  }

  private final double[][] columns;
  private final Sum[] sums = new Sum[PLACES];
  private int waiting;

  SideBySideSums(int samples) {
    columns = new double[PLACES][samples];
  }

  /**
   * A column to write numbers into that are to be added to this sum, each at its sample from the
   * first one to before the other; they are added when {@link #addAll} is called, or before.
   */
  double[] column(Sum sum, int from, int to) {
    if (waiting == PLACES) {
      addAll();
    }
    double[] column = columns[waiting];
    // Adding nothing leaves every bit of a sum that was never below zero.
    Arrays.fill(column, 0, from, 0.0);
    Arrays.fill(column, to, column.length, 0.0);
    sums[waiting++] = sum;
    return column;
  }

  /** Adds what was written since the last time. */
  void addAll() {
    if (waiting == 0) {
      return;
    }
    // What the places behind the last one hold is added up too, to no avail and at no cost.
    for (int place = waiting; place < PLACES; place++) {
      sums[place] = new Sum();
    }
    addColumns();
    waiting = 0;
  }

  private void addColumns() {
    double[] column0 = columns[0];
    double[] column1 = columns[1];
    double[] column2 = columns[2];
    double[] column3 = columns[3];
    double[] column4 = columns[4];
    double[] column5 = columns[5];
    double[] column6 = columns[6];
    double[] column7 = columns[7];
    double sum0 = sums[0].value;
    double sum1 = sums[1].value;
    double sum2 = sums[2].value;
    double sum3 = sums[3].value;
    double sum4 = sums[4].value;
    double sum5 = sums[5].value;
    double sum6 = sums[6].value;
    double sum7 = sums[7].value;
    for (int sample = 0; sample < column0.length; sample++) {
      sum0 += column0[sample];
      sum1 += column1[sample];
      sum2 += column2[sample];
      sum3 += column3[sample];
      sum4 += column4[sample];
      sum5 += column5[sample];
      sum6 += column6[sample];
      sum7 += column7[sample];
    }
    sums[0].value = sum0;
    sums[1].value = sum1;
    sums[2].value = sum2;
    sums[3].value = sum3;
    sums[4].value = sum4;
    sums[5].value = sum5;
    sums[6].value = sum6;
    sums[7].value = sum7;
  }
}
