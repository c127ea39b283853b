package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.ReplayEvent.Denial;
import dev.headroom.engine.kernel.ReplayEvent.Kill;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One pass over a recording that refuses statements under given limits as one {@link Refuser}
 * would, and judges the kills.
 *
 * <p>An interval costs one look at each of its processes; only one above its limit sorts its
 * candidates.
 */
final class RefusalReplay implements Timeline.Visitor {

  /** What one pass says of one kill; for the fields see {@link KillOutcome}. */
  record Judgement(
      Kill kill,
      Verdict verdict,
      @Nullable UUID firstKillId,
      long reliefBytes,
      @Nullable Long marginBytes,
      @Nullable Long blockableBytes,
      @Nullable Long leadNs) {

    static Judgement undecidedGap(Kill kill) {
      return new Judgement(kill, Verdict.UNDECIDED_GAP, null, 0, null, null, null);
    }

    static Judgement secondary(Kill kill, Kill first) {
      return new Judgement(kill, Verdict.SECONDARY, first.killId(), 0, null, null, null);
    }
  }

  private static final long SMALLEST_MARGIN_BYTES = 8L << 20;
  private static final long MARGIN_IS_ONE_IN = 100;

  private final ReplayInput input;
  private final LimitTrack limits;
  private final Refuser refuser;
  private final LifeState life;
  private final BlockLog log;
  private final List<Judgement> judgements = new ArrayList<>();

  /** Denials of this life under a limit below the one judged here. */
  private final List<Denial> censoring = new ArrayList<>();

  /** By row of the interval at hand: c of section 4, in bytes. */
  private long[] contribution = new long[16];

  private int breaches;

  private RefusalReplay(ReplayInput input, LimitTrack limits, Refuser refuser) {
    this.input = input;
    this.limits = limits;
    this.refuser = refuser;
    life = new LifeState(input.processCount());
    log = new BlockLog(input);
  }

  static RefusalReplay of(ReplayInput input, LimitTrack limits, Refuser refuser) {
    RefusalReplay replay = new RefusalReplay(input, limits, refuser);
    Timeline.walk(input, replay);
    return replay;
  }

  /** One judgement for each kill, in time order. */
  List<Judgement> judgements() {
    return judgements;
  }

  List<Block> blocks() {
    return log.blocks();
  }

  /** Intervals above their limit in which there was nobody to refuse. */
  int breaches() {
    return breaches;
  }

  @Override
  public void firstSample(int sample) {
    life.startLife();
    censoring.clear();
    Interval beforeAnything = Interval.endingAt(input, sample, LimitTrack.NO_LIMIT);
    arriveAll(beforeAnything);
    rememberAll(beforeAnything);
  }

  @Override
  public void interval(int sample) {
    Interval interval =
        Interval.endingAt(input, sample, limits.inForceBytes(input.timeNs[sample - 1]));
    life.nextRound();
    evaluate(interval);
    rememberAll(interval);
  }

  @Override
  public void gap(int sample) {
    log.crossGap();
    Interval unseen = Interval.endingAt(input, sample, LimitTrack.NO_LIMIT);
    life.nextRound();
    evaluate(unseen);
    rememberAll(unseen);
  }

  @Override
  public void denial(Denial denial) {
    Long live = denial.limitBytes();
    if (live == null || live < limits.inForceBytes(denial.timeNs())) {
      censoring.add(denial);
    }
  }

  @Override
  public void kill(Kill kill, int lastSample) {
    Interval interval =
        Interval.endingAt(input, kill, lastSample, limits.inForceBytes(input.timeNs[lastSample]));
    life.nextRound();
    evaluate(interval);
    long margin = marginBytes(kill, lastSample);
    if (refuser == Refuser.CASUALTIES) {
      refuseCasualties(interval, margin);
    }
    judgements.add(judge(kill, interval, margin));
    log.closeAll(BlockClass.JUSTIFIED);
  }

  @Override
  public void killAfterGap(Kill kill) {
    judgements.add(Judgement.undecidedGap(kill));
    log.closeAll(BlockClass.UNDECIDED);
  }

  @Override
  public void killWhileDown(Kill kill, Kill first) {
    judgements.add(Judgement.secondary(kill, first));
  }

  @Override
  public void end() {
    log.closeAll(BlockClass.UNDECIDED);
  }

  private void evaluate(Interval interval) {
    arriveAll(interval);
    long peak = interval.instancePeakBytes() - reliefAtPeak(interval);
    endStatements();
    if (peak > interval.limitBytes()) {
      refuse(interval, peak);
    }
  }

  private void arriveAll(Interval interval) {
    ProcessTable table = interval.table();
    for (int row = interval.from(); row < interval.to(); row++) {
      life.arrive(table.slot[row], table.statement[row], interval.endNs());
    }
  }

  private void rememberAll(Interval interval) {
    ProcessTable table = interval.table();
    for (int row = interval.from(); row < interval.to(); row++) {
      life.remember(table.slot[row], table.allocated[row], table.statement[row]);
    }
  }

  /** What the refusals of earlier intervals take off this one's peak, in bytes. */
  private long reliefAtPeak(Interval interval) {
    ProcessTable table = interval.table();
    if (contribution.length < interval.to() - interval.from()) {
      contribution = new long[2 * (interval.to() - interval.from())];
    }
    long relief = 0;
    for (int row = interval.from(); row < interval.to(); row++) {
      int slot = table.slot[row];
      long contributed = table.peak[row];
      if (life.block(slot) != LifeState.NOT_REFUSED) {
        long held = life.changedStatement(slot) ? table.allocated[row] : life.base(slot);
        contributed = Math.min(contributed, held);
      }
      contribution[row - interval.from()] = contributed;
      relief += table.peak[row] - contributed;
    }
    if (interval.hasWatermark()) {
      for (int number : log.open()) {
        int slot = log.slot(number);
        if (!life.hasArrived(slot)) {
          relief += Math.max(0, life.allocatedBefore(slot) - life.base(slot));
        }
      }
    }
    return relief;
  }

  private void endStatements() {
    for (int number : List.copyOf(log.open())) {
      int slot = log.slot(number);
      if (!life.hasArrived(slot) || life.changedStatement(slot)) {
        log.end(number);
        life.release(slot);
      }
    }
  }

  private void refuse(Interval interval, long peakBytes) {
    List<Integer> candidates = candidates(interval);
    if (candidates.isEmpty()) {
      breaches++;
      return;
    }
    long peak = peakBytes;
    for (int row : candidates) {
      if (refuser == Refuser.UNTIL_IT_FITS && peak <= interval.limitBytes()) {
        return;
      }
      int slot = interval.table().slot[row];
      long contributed = contribution[row - interval.from()];
      peak -= contributed - Math.min(contributed, life.base(slot));
      addBlock(interval, row, growth(interval.table(), row));
    }
  }

  /** Rows of blockable processes that grew and are not refused yet, largest growth first. */
  private List<Integer> candidates(Interval interval) {
    ProcessTable table = interval.table();
    List<Integer> rows = new ArrayList<>();
    for (int row = interval.from(); row < interval.to(); row++) {
      if (table.blockable[row]
          && life.block(table.slot[row]) == LifeState.NOT_REFUSED
          && growth(table, row) > 0) {
        rows.add(row);
      }
    }
    rows.sort(
        Comparator.<Integer>comparingLong(row -> -growth(table, row))
            .thenComparingInt(row -> input.process(table.slot[row]).pid())
            .thenComparingInt(row -> table.slot[row]));
    return rows;
  }

  private long growth(ProcessTable table, int row) {
    return table.peak[row] - life.allocatedBefore(table.slot[row]);
  }

  private void addBlock(Interval interval, int row, long growthBytes) {
    ProcessTable table = interval.table();
    int slot = table.slot[row];
    life.refuse(
        slot,
        log.add(
            slot,
            table.statement[row],
            interval.sample(),
            interval.endNs(),
            interval.limitBytes(),
            growthBytes));
  }

  private void refuseCasualties(Interval atKill, long marginBytes) {
    ProcessTable table = atKill.table();
    if (blockableBytes(atKill) < marginBytes) {
      return;
    }
    List<Integer> rows = new ArrayList<>();
    for (int row = atKill.from(); row < atKill.to(); row++) {
      if (table.blockable[row]) {
        rows.add(row);
      }
    }
    rows.sort(Comparator.<Integer>comparingLong(row -> -aboveBase(table, row)));
    long freed = 0;
    for (int row : rows) {
      if (freed >= marginBytes) {
        return;
      }
      freed += aboveBase(table, row);
      addBlock(atKill, row, aboveBase(table, row));
    }
  }

  private Judgement judge(Kill kill, Interval atKill, long marginBytes) {
    long relief = reliefBytes(atKill);
    long blockable = blockableBytes(atKill);
    Verdict verdict;
    if (isCensored(atKill)) {
      verdict = Verdict.UNDECIDED_CENSORED;
    } else if (relief >= marginBytes) {
      verdict = Verdict.PREVENTED;
    } else if (relief > 0) {
      verdict = Verdict.UNDECIDED_THIN;
    } else if (blockable < marginBytes) {
      verdict = Verdict.UNPREVENTABLE;
    } else {
      verdict = Verdict.MISSED;
    }
    Long lead = verdict == Verdict.PREVENTED ? (Long) leadNs(kill) : null;
    return new Judgement(kill, verdict, null, relief, marginBytes, blockable, lead);
  }

  private long leadNs(Kill kill) {
    long first = kill.timeNs();
    for (int number : log.open()) {
      first = Math.min(first, log.refusedAtNs(number));
    }
    return kill.timeNs() - first;
  }

  private boolean isCensored(Interval atKill) {
    if (refuser == Refuser.CASUALTIES || censoring.isEmpty()) {
      return false;
    }
    long runUpNs = atKill.endNs();
    ProcessTable table = atKill.table();
    for (int row = atKill.from(); row < atKill.to(); row++) {
      if (table.statement[row] != ProcessTable.IDLE) {
        runUpNs = Math.min(runUpNs, life.statementSinceNs(table.slot[row]));
      }
    }
    return censoring.getLast().timeNs() >= runUpNs;
  }

  private long reliefBytes(Interval atKill) {
    long relief = 0;
    ProcessTable table = atKill.table();
    for (int row = atKill.from(); row < atKill.to(); row++) {
      if (life.block(table.slot[row]) != LifeState.NOT_REFUSED) {
        relief += aboveBase(table, row);
      }
    }
    return relief;
  }

  private long blockableBytes(Interval atKill) {
    long held = 0;
    ProcessTable table = atKill.table();
    for (int row = atKill.from(); row < atKill.to(); row++) {
      if (table.blockable[row]) {
        held += aboveBase(table, row);
      }
    }
    return held;
  }

  private long aboveBase(ProcessTable table, int row) {
    return Math.max(0, table.allocated[row] - life.base(table.slot[row]));
  }

  private long marginBytes(Kill kill, int lastSample) {
    double sampled = input.memoryMaxBytes[lastSample];
    long memoryMax =
        kill.memoryMaxBytes() != null
            ? kill.memoryMaxBytes()
            : Double.isNaN(sampled) ? 0 : (long) sampled;
    return Math.max(SMALLEST_MARGIN_BYTES, Math.ceilDiv(memoryMax, MARGIN_IS_ONE_IN));
  }
}
