package dev.headroom.engine.kernel;

import java.util.Arrays;

/**
 * Processes of one or many samples as parallel arrays, one row for each process of each sample.
 *
 * <p>{@code slot} numbers the processes of a recording by identity (pid and start time); {@code
 * allocated} and {@code peak} are in bytes, {@code peak} is never below {@code allocated}; {@code
 * statement} is {@link #IDLE} while the process is in none.
 */
final class ProcessTable {

  /** In {@link #statement}: the process is in no statement. Postgres counts from 0 upwards. */
  static final long IDLE = Long.MIN_VALUE;

  int size;
  int[] slot;
  long[] allocated;
  long[] peak;
  long[] statement;
  boolean[] blockable;

  ProcessTable(int capacity) {
    slot = new int[capacity];
    allocated = new long[capacity];
    peak = new long[capacity];
    statement = new long[capacity];
    blockable = new boolean[capacity];
  }

  void add(
      int processSlot,
      long allocatedBytes,
      long peakBytes,
      long statementNumber,
      boolean processIsBlockable) {
    if (size == slot.length) {
      grow();
    }
    slot[size] = processSlot;
    allocated[size] = allocatedBytes;
    peak[size] = Math.max(allocatedBytes, peakBytes);
    statement[size] = statementNumber;
    blockable[size] = processIsBlockable;
    size++;
  }

  private void grow() {
    int capacity = Math.max(16, size * 2);
    slot = Arrays.copyOf(slot, capacity);
    allocated = Arrays.copyOf(allocated, capacity);
    peak = Arrays.copyOf(peak, capacity);
    statement = Arrays.copyOf(statement, capacity);
    blockable = Arrays.copyOf(blockable, capacity);
  }
}
