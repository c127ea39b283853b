package dev.headroom.engine.kernel;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The statements a replay has refused so far, and what became of them. Those that ended are kept
 * only where they are asked for.
 */
final class BlockLog {

  /** A refused statement. Until it has ended it follows its process from interval to interval. */
  static final class Refused {
    final TrackedProcess process;
    final long refusedAtNs;

    /** What the process held at the last sample, in bytes, and what it held before it began. */
    long lastAllocated;

    long lastBase;

    /** Its row in the interval at hand; -1 when the process is not in it. */
    int row;

    private final long statement;
    private final long limitBytes;
    private final long growthBytes;
    private final SampledStatement sampled;
    private boolean crossedGap;
    private @Nullable BlockClass blockClass;

    private Refused(
        ProcessRows rows,
        int row,
        SampledStatement sampled,
        long refusedAtNs,
        long limitBytes,
        long growthBytes) {
      this.process = rows.process[row];
      this.statement = rows.statement[row];
      this.row = row;
      this.sampled = sampled;
      this.refusedAtNs = refusedAtNs;
      this.limitBytes = limitBytes;
      this.growthBytes = growthBytes;
      lastAllocated = rows.allocated[row];
      lastBase = rows.base[row];
    }

    private Block block() {
      if (blockClass == null) {
        throw new IllegalStateException("a refused statement was never classified");
      }
      return new Block(
          blockClass,
          process.identity(),
          statement == ProcessRows.IDLE ? null : (Long) statement,
          sampled.database(),
          sampled.user(),
          sampled.queryId(),
          sampled.queryFingerprint(),
          refusedAtNs,
          limitBytes == LimitState.NO_LIMIT ? null : (Long) limitBytes,
          growthBytes);
    }
  }

  /** What was sampled of the statement that a process is refused in. */
  interface SampledStatements {
    SampledStatement find(TrackedProcess process);
  }

  private final boolean keeps;
  private final long horizonNs;

  /** Empty where nothing is kept. */
  private final List<Refused> all = new ArrayList<>();

  private int justified;
  private int falseBlocks;
  private int undecided;

  /** The refused statements that have not ended: R, in the order of their refusal. */
  private final List<Refused> open = new ArrayList<>();

  /** The refused statements that ended in the interval at hand. */
  private final List<Refused> justEnded = new ArrayList<>();

  /**
   * A log.
   *
   * @param keeps whether {@link #blocks} is asked for, or the counts alone
   * @param horizonNs a kill justifies refusals up to this long before it
   */
  BlockLog(boolean keeps, long horizonNs) {
    this.keeps = keeps;
    this.horizonNs = horizonNs;
  }

  /**
   * A statement is refused. One that had ended by the end of the interval killed nobody and was
   * killed by nobody.
   *
   * @param sampled asked only for what is kept
   */
  void add(
      ProcessRows rows,
      int row,
      SampledStatements sampled,
      long refusedAtNs,
      long limitBytes,
      long growthBytes) {
    SampledStatement statement = keeps ? sampled.find(rows.process[row]) : SampledStatement.UNKNOWN;
    Refused refused = new Refused(rows, row, statement, refusedAtNs, limitBytes, growthBytes);
    if (keeps) {
      all.add(refused);
    }
    if (rows.taker[row] == ProcessRows.AN_ENDED_STATEMENT) {
      classify(refused, BlockClass.FALSE);
    } else {
      open.add(refused);
    }
  }

  /** The refused statements that have not ended; not to be changed. */
  List<Refused> open() {
    return open;
  }

  /** Whether this process is refused in its statement. */
  boolean isRefused(TrackedProcess process) {
    for (int i = 0; i < open.size(); i++) {
      if (open.get(i).process == process) {
        return true;
      }
    }
    return false;
  }

  /** Whether this process was refused in a statement that ended in the interval at hand. */
  boolean hasJustEnded(TrackedProcess process) {
    for (int i = 0; i < justEnded.size(); i++) {
      if (justEnded.get(i).process == process) {
        return true;
      }
    }
    return false;
  }

  /** Every refused statement that has not ended now has a gap before its end. */
  void crossGap() {
    open.forEach(refused -> refused.crossedGap = true);
  }

  /**
   * Ends, in peace as far as anybody saw, those whose process is not in the interval at hand or in
   * another statement.
   */
  void endThoseGone(ProcessRows rows) {
    justEnded.clear();
    int kept = 0;
    for (int i = 0; i < open.size(); i++) {
      Refused refused = open.get(i);
      if (refused.row < 0 || rows.changed[refused.row]) {
        classify(refused, refused.crossedGap ? BlockClass.UNDECIDED : BlockClass.FALSE);
        justEnded.add(refused);
      } else {
        refused.lastAllocated = rows.allocated[refused.row];
        refused.lastBase = rows.base[refused.row];
        open.set(kept++, refused);
      }
    }
    open.subList(kept, open.size()).clear();
  }

  /** Nobody knows what would have become of those that have not ended. */
  void closeUndecided() {
    open.forEach(refused -> classify(refused, BlockClass.UNDECIDED));
    open.clear();
  }

  /**
   * A kill ends those that have not ended. A refusal too long before it is an error for nothing, as
   * far as the user can tell.
   */
  void closeByKill(long killedAtNs) {
    for (Refused refused : open) {
      boolean tooEarly = killedAtNs - refused.refusedAtNs > horizonNs;
      classify(refused, tooEarly ? BlockClass.FALSE : BlockClass.JUSTIFIED);
    }
    open.clear();
  }

  private void classify(Refused refused, BlockClass blockClass) {
    refused.blockClass = blockClass;
    switch (blockClass) {
      case JUSTIFIED -> justified++;
      case FALSE -> falseBlocks++;
      case UNDECIDED -> undecided++;
    }
  }

  /** How many became what, kept or not; call after the last one is closed. */
  BlockCounts counts() {
    return new BlockCounts(justified, falseBlocks, undecided);
  }

  /** Those that are kept, in the order of their refusal; call after the last one is closed. */
  List<Block> blocks() {
    return all.stream().map(Refused::block).toList();
  }
}
