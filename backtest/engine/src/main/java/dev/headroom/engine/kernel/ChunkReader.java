package dev.headroom.engine.kernel;

import dev.headroom.engine.kernel.RecordingHeader.AppliedLimit;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a recording once, chunk by chunk, and finds out what no policy changes: which samples
 * follow each other, what each process held before, how every interval ends.
 *
 * <p>At one instant a sample comes before an event. From a kill that ends the instance until it is
 * ready again the instance is down. The samples between two outages are a <em>life</em>: the first
 * of them starts afresh, with no interval before it. What was before the first moment that is
 * judged is read as if the instance had been down: its samples are the past, its kills no kills.
 */
final class ChunkReader {

  private static final int GAP_STEPS = 3;
  private static final long NS_PER_MICROSECOND = 1_000;

  private final RecordingHeader header;
  private final Fidelity fidelity;
  private final long judgedFromNs;
  private final ReplayChunk chunk;
  private final ProcessRegistry processes = new ProcessRegistry();
  private final KillReader kills;
  private final List<ReplayEvent> events;
  private final ExposureTotals exposure = new ExposureTotals();

  private int nextEvent;
  private int nextApplied;
  private double applied = Double.NaN;
  private boolean finished;

  /** Numbers the lives and, in each, its samples and kills. */
  private int life;

  private int round;
  private ReplayEvent.@Nullable Kill outage;

  /** Whether this life has a sample yet; the fields below then speak of its last one. */
  private boolean hasLast;

  private long lastNs;
  private double lastHeadroom;
  private double lastMemoryMax;
  private double lastConnections;
  private double lastSamplingWait;
  private ProcessRows lastRows = new ProcessRows(16);
  private int lastFrom;
  private int lastTo;

  /** The sample before the chunk at hand, if there is any and something is still to happen. */
  private @Nullable Sample sampleBefore;

  ChunkReader(ReplayInput input, int chunkSamples) {
    header = input.recording().header();
    fidelity = header.fidelity().fidelity();
    judgedFromNs = input.judgedFromNs();
    chunk = new ReplayChunk(chunkSamples, input.stated().inputs(), input.recording().openSamples());
    kills = new KillReader(killsInOrder(), fidelity, processes, input.stated());
    events = events();
  }

  ReplayChunk chunk() {
    return chunk;
  }

  /** What was evaluated so far. */
  ExposureTotals exposure() {
    return exposure;
  }

  /**
   * Reads the next samples and what happened between them. The last chunk may have no sample, only
   * what happened after all of them.
   */
  boolean next() {
    if (finished) {
      return false;
    }
    keepLastRows();
    if (chunk.refill()) {
      addSamples();
    } else {
      finished = true;
      chunk.firstRow[0] = 0;
      addEventsBefore(Long.MAX_VALUE, 0);
    }
    return true;
  }

  private List<OomKill> killsInOrder() {
    return header.kills().stream()
        .sorted(Comparator.comparing(OomKill::killedAt).thenComparingLong(OomKill::boottimeNs))
        .toList();
  }

  private List<ReplayEvent> events() {
    List<ReplayEvent> all = new ArrayList<>();
    killsInOrder()
        .forEach(kill -> all.add(new ReplayEvent.KillRow(Moments.epochNs(kill.killedAt()), kill)));
    for (InstanceEvent event : header.instanceEvents()) {
      if (event.kind() == InstanceEvent.Kind.READY) {
        all.add(new ReplayEvent.Ready(Moments.epochNs(event.occurredAt())));
      }
    }
    for (GuardEvent event : header.guardEvents()) {
      if (event.kind() == GuardEvent.Kind.DENIAL) {
        all.add(new ReplayEvent.Denial(Moments.epochNs(event.occurredAt()), event.limitBytes()));
      }
    }
    all.sort(Comparator.comparingLong(ReplayEvent::timeNs).thenComparingInt(ReplayEvent::rank));
    return all;
  }

  /** The rows of the last sample outlive the chunk that held them. */
  private void keepLastRows() {
    int size = chunk.size();
    if (size == 0) {
      return;
    }
    sampleBefore = nextEvent < events.size() ? chunk.sample(size - 1) : null;
    if (lastRows == chunk.rows) {
      ProcessRows kept = new ProcessRows(lastTo - lastFrom);
      for (int row = lastFrom; row < lastTo; row++) {
        kept.add(
            lastRows.process[row],
            lastRows.allocated[row],
            lastRows.peak[row],
            lastRows.statement[row],
            lastRows.blockable[row]);
      }
      lastRows = kept;
      lastFrom = 0;
      lastTo = kept.size;
    }
  }

  private void addSamples() {
    SampleChunk samples = chunk.samples;
    Floor.headroom(samples, header.instance().cgroupVersion(), chunk.headroom);
    double[] liveLimit = samples.fact(Fact.GUARD_LIMIT);
    double[] connections = chunk.input("connections");
    double[] samplingWait = samples.fact(Fact.SAMPLING_WAIT);
    double[] watermark = samples.fact(Fact.GUARD_ALLOCATED_PEAK);
    for (int i = 0; i < samples.size; i++) {
      long nowNs = samples.timeNs[i];
      addEventsBefore(nowNs, i);
      addRows(i);
      addPeak(i, watermark[i]);
      chunk.liveLimit[i] = Double.isNaN(liveLimit[i]) ? appliedAt(nowNs) : liveLimit[i];
      addStep(i, nowNs);
      if (i > 0) {
        chunk.followedHeadroom[i - 1] = chunk.startHeadroom[i];
        chunk.followedNs[i - 1] = chunk.comparedNs[i];
      }
      chunk.comparedNsBefore[i + 1] = chunk.comparedNsBefore[i] + (long) chunk.comparedNs[i];
      if (chunk.step[i] != ReplayChunk.DOWN) {
        hasLast = true;
        lastNs = nowNs;
        lastHeadroom = chunk.headroom[i];
        lastMemoryMax = samples.memoryMax[i];
        lastConnections = connections[i];
        lastSamplingWait = samplingWait[i];
        lastRows = chunk.rows;
        lastFrom = chunk.firstRow[i];
        lastTo = chunk.firstRow[i + 1];
      }
    }
  }

  private double appliedAt(long nowNs) {
    List<AppliedLimit> limits = header.appliedLimits();
    while (nextApplied < limits.size() && limits.get(nextApplied).atNs() <= nowNs) {
      applied = limits.get(nextApplied++).limitBytes();
    }
    return applied;
  }

  private void addRows(int i) {
    processes.nextSample();
    chunk.firstRow[i] = chunk.rows.size;
    if (fidelity == Fidelity.CGROUP) {
      addWholeCgroup(i);
    } else {
      SampleChunk samples = chunk.samples;
      for (int row = samples.firstRow[i]; row < samples.firstRow[i + 1]; row++) {
        addProcess(i, row);
      }
    }
    chunk.firstRow[i + 1] = chunk.rows.size;
  }

  private void addWholeCgroup(int i) {
    TrackedProcess process = WholeCgroup.in(processes);
    double anon = chunk.samples.fact(Fact.ANON)[i];
    long before = process.lastKnownBytes;
    boolean known = before != SampleChunk.ABSENT;
    if (Double.isNaN(anon) && !known) {
      return;
    }
    long held = Double.isNaN(anon) ? before : (long) anon;
    chunk.rows.add(process, held, known ? before : held, WholeCgroup.STATEMENT, true);
    process.hold(chunk.first() + i, held);
  }

  private void addProcess(int i, int row) {
    SampleChunk samples = chunk.samples;
    boolean guarded = fidelity == Fidelity.GUARD;
    if (!guarded && samples.kind[row] == BackendKind.OTHER) {
      return;
    }
    TrackedProcess process =
        processes.get(samples.pid[row], samples.startTicks[row], samples.kind[row]);
    long known = guarded ? samples.guardAllocated[row] : samples.residentAnon[row];
    if (known == SampleChunk.ABSENT) {
      known = process.lastKnownBytes;
    }
    if (known == SampleChunk.ABSENT) {
      return;
    }
    long peak = guarded ? samples.guardPeak[row] : SampleChunk.ABSENT;
    int sample = chunk.first() + i;
    chunk.rows.add(
        process,
        known,
        peak != SampleChunk.ABSENT ? peak : process.heldBefore(sample),
        samples.statement[row],
        samples.blockable[row]);
    process.hold(sample, known);
  }

  private void addPeak(int i, double watermark) {
    chunk.hasWatermark[i] = fidelity == Fidelity.GUARD && !Double.isNaN(watermark);
    chunk.peak[i] =
        chunk.hasWatermark[i] ? (long) watermark : chunk.rows.sumOfPeaks(chunk.firstRow[i]);
  }

  private void addStep(int i, long nowNs) {
    chunk.watchedPeak[i] = ReplayChunk.NOT_WATCHED;
    chunk.startHeadroom[i] = 0;
    chunk.comparedNs[i] = 0;
    if (outage != null || nowNs < judgedFromNs) {
      chunk.step[i] = ReplayChunk.DOWN;
      chunk.hasDown = true;
      return;
    }
    if (!hasLast) {
      chunk.step[i] = ReplayChunk.FIRST;
      life++;
      round = 0;
    } else {
      round++;
      if (isGap(nowNs)) {
        chunk.step[i] = ReplayChunk.GAP;
        exposure.addGap(nowNs - lastNs);
      } else {
        chunk.step[i] = ReplayChunk.INTERVAL;
        chunk.watchedPeak[i] = chunk.peak[i];
        chunk.largestWatchedPeak = Math.max(chunk.largestWatchedPeak, chunk.peak[i]);
        exposure.add(nowNs - lastNs, lastConnections);
        if (!Double.isNaN(lastHeadroom)) {
          chunk.startHeadroom[i] = lastHeadroom;
          chunk.smallestHeadroom = Math.min(chunk.smallestHeadroom, lastHeadroom);
          chunk.largestHeadroom = Math.max(chunk.largestHeadroom, lastHeadroom);
          chunk.comparedNs[i] = nowNs - lastNs;
        }
      }
    }
    liveThrough(i, nowNs);
  }

  private void liveThrough(int i, long nowNs) {
    ProcessRows rows = chunk.rows;
    int from = chunk.firstRow[i];
    int to = chunk.firstRow[i + 1];
    for (int row = from; row < to; row++) {
      TrackedProcess process = rows.process[row];
      process.arrive(life, round, rows.statement[row], nowNs);
      rows.changed[row] = process.changedStatement();
      rows.before[row] = process.allocatedBefore();
      rows.base[row] = process.base();
      rows.taker[row] =
          isIdle(row)
              ? process.takerWhileIdle(rows.peak[row] > rows.allocated[row])
              : ProcessRows.ITS_STATEMENT;
    }
    for (int row = from; row < to; row++) {
      rows.process[row].remember(rows.allocated[row], rows.statement[row]);
    }
  }

  /**
   * Whether a process is known to be in no statement; a guard knows, of others it may be unknown.
   */
  private boolean isIdle(int row) {
    return chunk.rows.statement[row] == ProcessRows.IDLE
        && (fidelity == Fidelity.GUARD || chunk.rows.process[row].wasInStatement());
  }

  /**
   * Whether the time from the last sample of this life to a later moment is too long to know
   * anything of it: more than three median steps, or three times the wait that was meant to follow
   * the sample where that is longer. Unknown steps make everything a gap.
   */
  private boolean isGap(long untilNs) {
    long thresholdDoubledNs = GAP_STEPS * header.medianStepDoubledNs();
    if (!Double.isNaN(lastSamplingWait)) {
      thresholdDoubledNs =
          Math.max(
              thresholdDoubledNs, 2 * GAP_STEPS * NS_PER_MICROSECOND * (long) lastSamplingWait);
    }
    return 2 * (untilNs - lastNs) > thresholdDoubledNs;
  }

  private void addEventsBefore(long sampleNs, int position) {
    while (nextEvent < events.size() && events.get(nextEvent).timeNs() < sampleNs) {
      add(events.get(nextEvent++), position);
    }
  }

  private void add(ReplayEvent event, int position) {
    switch (event) {
      case ReplayEvent.Denial denial -> {
        if (outage == null && denial.timeNs() >= judgedFromNs) {
          chunk.happenings.add(new ReplayChunk.Denied(position, denial));
        }
      }
      case ReplayEvent.Ready _ -> outage = null;
      case ReplayEvent.KillRow row -> addKill(kills.read(row), position);
    }
  }

  private void addKill(ReplayEvent.Kill kill, int position) {
    if (kill.timeNs() < judgedFromNs) {
      if (outage == null && kill.endsInstance()) {
        outage = kill;
      }
      return;
    }
    Sample lastSample = position > 0 ? chunk.sample(position - 1) : sampleBefore;
    if (outage != null) {
      add(position, new KillFacts(kill, lastSample, outage.killId(), null));
      return;
    }
    boolean near = hasLast && !isGap(kill.timeNs());
    add(position, new KillFacts(kill, lastSample, null, near ? end(kill) : null));
    hasLast = false;
    outage = kill.endsInstance() ? kill : null;
  }

  private void add(int position, KillFacts facts) {
    chunk.happenings.add(new ReplayChunk.Killed(position, facts));
  }

  private KillFacts.End end(ReplayEvent.Kill kill) {
    ProcessRows atKill = KillReader.rowsAtKill(kill, lastRows, lastFrom, lastTo, life, round + 1);
    long durationNs = kill.timeNs() - lastNs;
    exposure.add(durationNs, lastConnections);
    boolean compared = !Double.isNaN(lastHeadroom);
    long counted = kill.instanceAllocatedBytes() == null ? 0 : kill.instanceAllocatedBytes();
    return new KillFacts.End(
        atKill,
        Math.max(counted, atKill.sumOfPeaks(0)),
        KillReader.marginBytes(kill, lastMemoryMax),
        KillReader.blockableBytes(atKill),
        KillReader.runUpNs(kill, atKill),
        compared ? lastHeadroom : 0,
        compared ? durationNs : 0);
  }
}
