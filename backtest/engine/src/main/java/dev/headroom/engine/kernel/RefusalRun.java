package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.BlockLog.Refused;
import dev.headroom.engine.kernel.BlockLog.SampledStatements;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Refuses statements under one policy's limits as one {@link Refuser} would, and judges the kills:
 * a state machine that is fed chunk by chunk.
 *
 * <p>While nobody is refused, an interval below its limit changes nothing. So {@link #walk} goes
 * straight from one interval above its limit to the next, and looks at processes only there and
 * while somebody is refused.
 */
final class RefusalRun {

  /** What one run says of one kill; for the fields see {@link KillOutcome}. */
  record Judgement(
      ReplayEvent.Kill kill,
      Verdict verdict,
      @Nullable UUID firstKillId,
      long reliefBytes,
      @Nullable Long marginBytes,
      @Nullable Long blockableBytes,
      @Nullable Long leadNs) {}

  private static final long NO_DENIAL = Long.MIN_VALUE;

  private final Refuser refuser;
  private final BlockLog log;
  private final List<Judgement> judgements = new ArrayList<>();

  /**
   * The last denial under a limit below the one judged here. One of an earlier life censors nothing
   * by itself: every run-up starts later.
   */
  private long censoringNs = NO_DENIAL;

  /** By row of the interval at hand: c of section 4, in bytes; used while somebody is refused. */
  private long[] contribution = new long[16];

  private boolean contributes;
  private int breaches;
  private long walked;

  RefusalRun(Refuser refuser, BlockLog log) {
    this.refuser = refuser;
    this.log = log;
  }

  /** One judgement for each kill, in time order. */
  List<Judgement> judgements() {
    return judgements;
  }

  /** The refused statements that are kept, in the order of their refusal. */
  List<Block> blocks() {
    return log.blocks();
  }

  /** All refused statements. */
  BlockCounts blockCounts() {
    return log.counts();
  }

  /** Intervals above their limit in which there was nobody to refuse. */
  int breaches() {
    return breaches;
  }

  /** Whether somebody is refused, so that the next sample has to be looked at. */
  boolean isRefusing() {
    return !log.open().isEmpty();
  }

  /** How many samples were looked at process by process; the others were only compared. */
  long walked() {
    return walked;
  }

  /**
   * Goes over the samples from one to before another.
   *
   * @param limitBytes in force at the start of the interval that ends with each sample
   * @param above those of them that are above their limit, ascending
   * @param aboveCount how many these are
   */
  void walk(ReplayChunk chunk, int from, int to, long[] limitBytes, int[] above, int aboveCount) {
    int nextAbove = 0;
    int sample = from;
    while (sample < to) {
      if (log.open().isEmpty()) {
        while (nextAbove < aboveCount && above[nextAbove] < sample) {
          nextAbove++;
        }
        if (nextAbove == aboveCount) {
          return;
        }
        sample = above[nextAbove];
      }
      visit(chunk, sample, limitBytes[sample]);
      sample++;
    }
  }

  private void visit(ReplayChunk chunk, int sample, long limitBytes) {
    walked++;
    int from = chunk.firstRow[sample];
    int to = chunk.firstRow[sample + 1];
    switch (chunk.step[sample]) {
      case ReplayChunk.INTERVAL -> {
        long relief = reliefAtPeak(chunk.rows, from, to, chunk.hasWatermark[sample]);
        log.endThoseGone(chunk.rows);
        long peak = chunk.peak[sample] - relief;
        if (peak > limitBytes) {
          refuse(
              chunk.rows,
              from,
              to,
              peak,
              limitBytes,
              chunk.samples.timeNs[sample],
              process -> chunk.findStatement(sample, process));
        }
      }
      case ReplayChunk.GAP -> {
        log.crossGap();
        findRows(chunk.rows, from, to);
        log.endThoseGone(chunk.rows);
      }
      default -> {} // nobody is refused before the first sample of a life, nor while it is down
    }
  }

  /**
   * The live guard denied an allocation.
   *
   * @param limitBytes in force then under the policy judged here
   */
  void denial(ReplayEvent.Denial denial, long limitBytes) {
    Long live = denial.limitBytes();
    if (live == null || live < limitBytes) {
      censoringNs = denial.timeNs();
    }
  }

  /**
   * A kill.
   *
   * @param limitBytes in force at the start of the interval it ends
   */
  void kill(KillFacts facts, long limitBytes) {
    ReplayEvent.Kill kill = facts.kill();
    KillFacts.End end = facts.end();
    if (facts.firstKillId() != null) {
      judgements.add(
          new Judgement(kill, Verdict.SECONDARY, facts.firstKillId(), 0, null, null, null));
    } else if (end == null) {
      judgements.add(new Judgement(kill, Verdict.UNDECIDED_GAP, null, 0, null, null, null));
      log.closeUndecided();
    } else {
      evaluate(facts, end, limitBytes);
      judgements.add(judge(kill, end));
      log.closeByKill(kill.timeNs());
    }
  }

  /** The recording ends. */
  void end() {
    log.closeUndecided();
  }

  private void evaluate(KillFacts facts, KillFacts.End end, long limitBytes) {
    ProcessRows rows = end.rows();
    long relief = reliefAtPeak(rows, 0, rows.size, false);
    log.endThoseGone(rows);
    long peak = end.instancePeakBytes() - relief;
    if (peak > limitBytes) {
      refuse(rows, 0, rows.size, peak, limitBytes, facts.kill().timeNs(), facts::findStatement);
    }
    if (refuser == Refuser.CASUALTIES) {
      refuseCasualties(facts, end);
    }
  }

  private void findRows(ProcessRows rows, int from, int to) {
    List<Refused> open = log.open();
    for (int i = 0; i < open.size(); i++) {
      Refused refused = open.get(i);
      refused.row = -1;
      for (int row = from; row < to && refused.row < 0; row++) {
        if (rows.process[row] == refused.process) {
          refused.row = row;
        }
      }
    }
  }

  /** What the refusals of earlier intervals take off this one's peak, in bytes. */
  private long reliefAtPeak(ProcessRows rows, int from, int to, boolean hasWatermark) {
    List<Refused> open = log.open();
    contributes = !open.isEmpty();
    if (!contributes) {
      return 0;
    }
    if (contribution.length < to - from) {
      contribution = new long[2 * (to - from)];
    }
    System.arraycopy(rows.peak, from, contribution, 0, to - from);
    findRows(rows, from, to);
    long relief = 0;
    for (int i = 0; i < open.size(); i++) {
      Refused refused = open.get(i);
      int row = refused.row;
      if (row >= 0) {
        long held = rows.changed[row] ? rows.allocated[row] : rows.base[row];
        long contributed = Math.min(rows.peak[row], held);
        contribution[row - from] = contributed;
        relief += rows.peak[row] - contributed;
      } else if (hasWatermark) {
        relief += Math.max(0, refused.lastAllocated - refused.lastBase);
      }
    }
    return relief;
  }

  private void refuse(
      ProcessRows rows,
      int from,
      int to,
      long peakBytes,
      long limitBytes,
      long endNs,
      SampledStatements sampled) {
    List<Integer> candidates = candidates(rows, from, to);
    if (candidates.isEmpty()) {
      breaches++;
      return;
    }
    long peak = peakBytes;
    for (int row : candidates) {
      if (refuser == Refuser.UNTIL_IT_FITS && peak <= limitBytes) {
        return;
      }
      long contributed = contributes ? contribution[row - from] : rows.peak[row];
      peak -= contributed - Math.min(contributed, rows.heldIfRefused(row));
      log.add(rows, row, sampled, endNs, limitBytes, growth(rows, row));
    }
  }

  /** Rows of blockable statements that grew and are not refused yet, largest growth first. */
  private List<Integer> candidates(ProcessRows rows, int from, int to) {
    List<Integer> found = List.of();
    for (int row = from; row < to; row++) {
      if (rows.blockable[row]
          && growth(rows, row) > 0
          && rows.taker[row] != ProcessRows.NO_STATEMENT
          && !isRefused(rows, row)) {
        if (found.isEmpty()) {
          found = new ArrayList<>();
        }
        found.add(row);
      }
    }
    if (found.size() > 1) {
      found.sort(
          Comparator.<Integer>comparingLong(row -> -growth(rows, row))
              .thenComparingInt(row -> rows.process[row].pid)
              .thenComparingInt(row -> rows.process[row].order));
    }
    return found;
  }

  /** Whether the statement that grew is refused, or was until it ended in this very interval. */
  private boolean isRefused(ProcessRows rows, int row) {
    TrackedProcess process = rows.process[row];
    return rows.taker[row] == ProcessRows.AN_ENDED_STATEMENT
        ? log.hasJustEnded(process)
        : log.isRefused(process);
  }

  private static long growth(ProcessRows rows, int row) {
    return rows.peak[row] - rows.before[row];
  }

  private void refuseCasualties(KillFacts facts, KillFacts.End end) {
    ProcessRows rows = end.rows();
    if (end.blockableBytes() < end.marginBytes()) {
      return;
    }
    List<Integer> largestFirst = new ArrayList<>();
    for (int row = 0; row < rows.size; row++) {
      if (rows.blockable[row]) {
        largestFirst.add(row);
      }
    }
    largestFirst.sort(Comparator.<Integer>comparingLong(row -> -rows.aboveBase(row)));
    long freed = 0;
    for (int row : largestFirst) {
      if (freed >= end.marginBytes()) {
        return;
      }
      freed += rows.aboveBase(row);
      log.add(
          rows,
          row,
          facts::findStatement,
          facts.kill().timeNs(),
          LimitState.NO_LIMIT,
          rows.aboveBase(row));
    }
  }

  private Judgement judge(ReplayEvent.Kill kill, KillFacts.End end) {
    long relief = 0;
    for (Refused refused : log.open()) {
      relief += end.rows().aboveBase(refused.row);
    }
    Verdict verdict;
    if (refuser != Refuser.CASUALTIES && censoringNs >= end.runUpNs()) {
      verdict = Verdict.UNDECIDED_CENSORED;
    } else if (relief >= end.marginBytes()) {
      verdict = Verdict.PREVENTED;
    } else if (relief > 0) {
      verdict = Verdict.UNDECIDED_THIN;
    } else if (end.blockableBytes() < end.marginBytes()) {
      verdict = Verdict.UNPREVENTABLE;
    } else {
      verdict = Verdict.MISSED;
    }
    Long lead = verdict == Verdict.PREVENTED ? (Long) leadNs(kill) : null;
    return new Judgement(
        kill, verdict, null, relief, end.marginBytes(), end.blockableBytes(), lead);
  }

  private long leadNs(ReplayEvent.Kill kill) {
    long first = kill.timeNs();
    for (Refused refused : log.open()) {
      first = Math.min(first, refused.refusedAtNs);
    }
    return kill.timeNs() - first;
  }
}
