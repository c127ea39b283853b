package dev.headroom.formula.window;

import java.util.Arrays;

/**
 * A queue of (time, value) pairs in two rings that grow as needed; times never decrease from head
 * to tail.
 */
final class Samples {

  private long[] times = new long[16];
  private double[] values = new double[16];
  private int head;
  private int size;

  int size() {
    return size;
  }

  boolean isEmpty() {
    return size == 0;
  }

  /** The time of the i-th pair from the head. */
  long time(int i) {
    return times[index(i)];
  }

  /** The value of the i-th pair from the head. */
  double value(int i) {
    return values[index(i)];
  }

  void addLast(long timeNs, double value) {
    if (size == times.length) {
      grow();
    }
    times[index(size)] = timeNs;
    values[index(size)] = value;
    size++;
  }

  void removeFirst() {
    head = index(1);
    size--;
  }

  void removeLast() {
    size--;
  }

  private int index(int i) {
    return (head + i) & (times.length - 1);
  }

  private void grow() {
    long[] grownTimes = Arrays.copyOf(times, 2 * times.length);
    double[] grownValues = Arrays.copyOf(values, 2 * values.length);
    for (int i = 0; i < size; i++) {
      grownTimes[i] = time(i);
      grownValues[i] = value(i);
    }
    times = grownTimes;
    values = grownValues;
    head = 0;
  }
}
