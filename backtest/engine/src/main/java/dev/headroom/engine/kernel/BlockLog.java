package dev.headroom.engine.kernel;

import dev.headroom.model.ProcessSample;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The statements a replay has refused so far, and what became of them. */
final class BlockLog {

  private static final class Entry {
    final int slot;
    final long statement;
    final int sample;
    final long refusedAtNs;
    final long limitBytes;
    final long growthBytes;
    boolean crossedGap;
    @Nullable BlockClass blockClass;

    Entry(
        int slot, long statement, int sample, long refusedAtNs, long limitBytes, long growthBytes) {
      this.slot = slot;
      this.statement = statement;
      this.sample = sample;
      this.refusedAtNs = refusedAtNs;
      this.limitBytes = limitBytes;
      this.growthBytes = growthBytes;
    }
  }

  private final ReplayInput input;
  private final List<Entry> entries = new ArrayList<>();

  /** The refused statements that have not ended: R, in the order of their refusal. */
  private final Set<Integer> open = new LinkedHashSet<>();

  BlockLog(ReplayInput input) {
    this.input = input;
  }

  /** Adds a refused statement and returns its number. */
  int add(
      int slot, long statement, int sample, long refusedAtNs, long limitBytes, long growthBytes) {
    int number = entries.size();
    entries.add(new Entry(slot, statement, sample, refusedAtNs, limitBytes, growthBytes));
    open.add(number);
    return number;
  }

  /** The numbers of the refused statements that have not ended. */
  Collection<Integer> open() {
    return open;
  }

  int slot(int number) {
    return entries.get(number).slot;
  }

  long refusedAtNs(int number) {
    return entries.get(number).refusedAtNs;
  }

  /** Every refused statement that has not ended now has a gap before its end. */
  void crossGap() {
    for (int number : open) {
      entries.get(number).crossedGap = true;
    }
  }

  /** The statement has ended in peace, as far as anybody saw. */
  void end(int number) {
    Entry entry = entries.get(number);
    entry.blockClass = entry.crossedGap ? BlockClass.UNDECIDED : BlockClass.FALSE;
    open.remove(number);
  }

  /** Gives every refused statement that has not ended the same class. */
  void closeAll(BlockClass blockClass) {
    for (int number : open) {
      entries.get(number).blockClass = blockClass;
    }
    open.clear();
  }

  /** All refused statements in the order of their refusal; call after the last one is closed. */
  List<Block> blocks() {
    List<Block> blocks = new ArrayList<>(entries.size());
    for (Entry entry : entries) {
      blocks.add(toBlock(entry));
    }
    return List.copyOf(blocks);
  }

  private Block toBlock(Entry entry) {
    if (entry.blockClass == null) {
      throw new IllegalStateException("a refused statement was never classified");
    }
    ProcessSample process = input.findProcessSample(entry.sample, entry.slot).orElse(null);
    return new Block(
        entry.blockClass,
        input.process(entry.slot),
        entry.statement == ProcessTable.IDLE ? null : (Long) entry.statement,
        process == null ? null : process.database(),
        process == null ? null : process.user(),
        process == null ? null : process.queryFingerprint(),
        entry.refusedAtNs,
        entry.limitBytes == LimitTrack.NO_LIMIT ? null : (Long) entry.limitBytes,
        entry.growthBytes);
  }
}
