package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;

/** A process of the recording and what the replay remembers of it, for as long as it matters. */
final class TrackedProcess {

  private static final int NEVER = -2;

  final int pid;
  final long startTicks;

  /** Numbers the processes of a recording by when they were first met. */
  final int order;

  /** Changes when a fresh fork becomes something. */
  BackendKind kind;

  /** Whether no other process had its pid since. */
  boolean isLatest;

  /** What it held at the last sample that said so, in bytes. */
  long lastKnownBytes = SampleChunk.ABSENT;

  private long lastRowSample = NEVER;
  private long lastRowBytes;

  private int life = NEVER;
  private int arrivedInRound;
  private int rememberedInRound;
  private boolean changedStatement;
  private boolean wasInStatement;
  private long lastAllocated;
  private long lastStatement;
  private long base;
  private long statementSinceNs;

  TrackedProcess(int pid, long startTicks, BackendKind kind, int order) {
    this.pid = pid;
    this.startTicks = startTicks;
    this.kind = kind;
    this.order = order;
  }

  ReplayProcess identity() {
    return new ReplayProcess(pid, startTicks, kind);
  }

  /** Takes notice of what it holds at a sample, whether the instance is up or not. */
  void hold(long sample, long bytes) {
    lastKnownBytes = bytes;
    lastRowSample = sample;
    lastRowBytes = bytes;
  }

  /** What it held at the sample before this one, in bytes; 0 if it was not in it. */
  long heldBefore(long sample) {
    return lastRowSample == sample - 1 ? lastRowBytes : 0;
  }

  /**
   * It is in this round's sample, in this statement. A round is one sample of a life; until {@link
   * #remember}, {@link #allocatedBefore} and {@link #changedStatement} speak of the round before.
   */
  void arrive(int inLife, int round, long statement, long timeNs) {
    boolean seen = life == inLife;
    changedStatement = seen && lastStatement != statement;
    if (!seen) {
      base = 0;
      statementSinceNs = timeNs;
    } else if (changedStatement) {
      base = lastAllocated;
      statementSinceNs = timeNs;
    }
    if (!seen) {
      life = inLife;
      rememberedInRound = NEVER;
    }
    arrivedInRound = round;
  }

  /** The round is over for it. */
  void remember(long allocated, long statement) {
    rememberedInRound = arrivedInRound;
    wasInStatement |= statement != ProcessRows.IDLE;
    lastAllocated = allocated;
    lastStatement = statement;
  }

  boolean changedStatement() {
    return changedStatement;
  }

  /** Whether any earlier sample saw it in a statement: its statements can be read, then. */
  boolean wasInStatement() {
    return wasInStatement;
  }

  /** What it held at the sample before in this life, in bytes; 0 if it was not in it. */
  long allocatedBefore() {
    return wasInSampleBefore() ? lastAllocated : 0;
  }

  /**
   * Who took what it took in the interval, in which it is idle now: a statement that the sample
   * before saw, or one that came and went in between and left its peak.
   *
   * @param gaveBack whether it held more in the interval than it does now
   */
  byte takerWhileIdle(boolean gaveBack) {
    return wasInSampleBefore() && (lastStatement != ProcessRows.IDLE || gaveBack)
        ? ProcessRows.AN_ENDED_STATEMENT
        : ProcessRows.NO_STATEMENT;
  }

  private boolean wasInSampleBefore() {
    return rememberedInRound == arrivedInRound - 1;
  }

  /** What it held at the last sample that saw it in another statement, in bytes; 0 if none did. */
  long base() {
    return base;
  }

  /** The first sample that saw it in its statement. */
  long statementSinceNs() {
    return statementSinceNs;
  }
}
