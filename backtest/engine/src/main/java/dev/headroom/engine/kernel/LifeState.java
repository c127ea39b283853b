package dev.headroom.engine.kernel;

import java.util.Arrays;

/**
 * What a replay remembers of each process through one life of its instance, by slot.
 *
 * <p>Samples come in rounds: in a round each of its processes first arrives, and after everything
 * was decided is remembered. Between the two, {@link #allocatedBefore} and {@link
 * #changedStatement} speak of the round before, {@link #base} and {@link #statementSinceNs} already
 * of this one.
 */
final class LifeState {

  static final int NOT_REFUSED = -1;
  private static final int NEVER = -1;

  private final int[] arrivedInRound;
  private final int[] rememberedInRound;
  private final long[] lastAllocated;
  private final long[] lastStatement;
  private final boolean[] changedStatement;
  private final long[] base;
  private final long[] statementSinceNs;
  private final int[] block;
  private int round;

  LifeState(int slots) {
    arrivedInRound = new int[slots];
    rememberedInRound = new int[slots];
    lastAllocated = new long[slots];
    lastStatement = new long[slots];
    changedStatement = new boolean[slots];
    base = new long[slots];
    statementSinceNs = new long[slots];
    block = new int[slots];
    startLife();
  }

  /** Forgets everything. */
  void startLife() {
    Arrays.fill(arrivedInRound, NEVER);
    Arrays.fill(rememberedInRound, NEVER);
    Arrays.fill(block, NOT_REFUSED);
    round = 0;
  }

  void nextRound() {
    round++;
  }

  /** The process is in this round's sample, in this statement. */
  void arrive(int slot, long statement, long timeNs) {
    arrivedInRound[slot] = round;
    boolean seen = rememberedInRound[slot] != NEVER;
    changedStatement[slot] = seen && lastStatement[slot] != statement;
    if (!seen) {
      base[slot] = 0;
      statementSinceNs[slot] = timeNs;
    } else if (changedStatement[slot]) {
      base[slot] = lastAllocated[slot];
      statementSinceNs[slot] = timeNs;
    }
  }

  /** The round is over for this process. */
  void remember(int slot, long allocated, long statement) {
    rememberedInRound[slot] = round;
    lastAllocated[slot] = allocated;
    lastStatement[slot] = statement;
  }

  boolean hasArrived(int slot) {
    return arrivedInRound[slot] == round;
  }

  boolean changedStatement(int slot) {
    return changedStatement[slot];
  }

  /** What the process held at the sample before, in bytes; 0 if it was not in it. */
  long allocatedBefore(int slot) {
    return rememberedInRound[slot] == round - 1 ? lastAllocated[slot] : 0;
  }

  /**
   * What the process held at the last sample that saw it in another statement, in bytes; 0 if none
   * did.
   */
  long base(int slot) {
    return base[slot];
  }

  /** The first sample that saw the process in its statement. */
  long statementSinceNs(int slot) {
    return statementSinceNs[slot];
  }

  /** The number of the block that refused this process's statement, or {@link #NOT_REFUSED}. */
  int block(int slot) {
    return block[slot];
  }

  void refuse(int slot, int number) {
    block[slot] = number;
  }

  /** The refused statement has ended. */
  void release(int slot) {
    block[slot] = NOT_REFUSED;
  }
}
