package dev.headroom.engine.kernel;

import java.util.Arrays;

/**
 * Processes of one or many samples as parallel arrays, one row for each process of each sample,
 * with what every policy needs to know of it. Sizes are in bytes.
 */
final class ProcessRows {

  /** In {@link #statement}: the process is in no statement. Postgres counts from 0 upwards. */
  static final long IDLE = SampleChunk.ABSENT;

  /** In {@link #taker}: the statement that the process is in. */
  static final byte ITS_STATEMENT = 0;

  /** In {@link #taker}: a statement that had ended by the sample, in which the process is idle. */
  static final byte AN_ENDED_STATEMENT = 1;

  /** In {@link #taker}: no statement at all. */
  static final byte NO_STATEMENT = 2;

  int size;
  TrackedProcess[] process;
  long[] allocated;

  /** In the interval that ends with the sample; never below {@link #allocated}. */
  long[] peak;

  /** What it held at the sample before in this life; 0 if it was not in it. */
  long[] before;

  /** What it held at the last sample that saw it in another statement; 0 if none did. */
  long[] base;

  long[] statement;
  boolean[] blockable;

  /** Whether it was in another statement at the sample before. */
  boolean[] changed;

  /** Who took what the process took in the interval. */
  byte[] taker;

  ProcessRows(int capacity) {
    process = new TrackedProcess[capacity];
    allocated = new long[capacity];
    peak = new long[capacity];
    before = new long[capacity];
    base = new long[capacity];
    statement = new long[capacity];
    blockable = new boolean[capacity];
    changed = new boolean[capacity];
    taker = new byte[capacity];
  }

  void add(
      TrackedProcess tracked,
      long allocatedBytes,
      long peakBytes,
      long statementNumber,
      boolean processIsBlockable) {
    if (size == process.length) {
      grow();
    }
    process[size] = tracked;
    allocated[size] = allocatedBytes;
    peak[size] = Math.max(allocatedBytes, peakBytes);
    statement[size] = statementNumber;
    blockable[size] = processIsBlockable;
    size++;
  }

  long sumOfPeaks(int from) {
    long sum = 0;
    for (int row = from; row < size; row++) {
      sum += peak[row];
    }
    return sum;
  }

  /** What it would hold at the sample had the statement that took memory been refused, in bytes. */
  long heldIfRefused(int row) {
    return taker[row] == AN_ENDED_STATEMENT ? allocated[row] : base[row];
  }

  /** What it holds above its base, in bytes. */
  long aboveBase(int row) {
    return Math.max(0, allocated[row] - base[row]);
  }

  private void grow() {
    int capacity = Math.max(16, size * 2);
    process = Arrays.copyOf(process, capacity);
    allocated = Arrays.copyOf(allocated, capacity);
    peak = Arrays.copyOf(peak, capacity);
    before = Arrays.copyOf(before, capacity);
    base = Arrays.copyOf(base, capacity);
    statement = Arrays.copyOf(statement, capacity);
    blockable = Arrays.copyOf(blockable, capacity);
    changed = Arrays.copyOf(changed, capacity);
    taker = Arrays.copyOf(taker, capacity);
  }
}
