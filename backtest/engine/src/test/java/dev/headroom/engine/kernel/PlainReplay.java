package dev.headroom.engine.kernel;

import static java.util.stream.Collectors.toSet;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.Policy;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import dev.headroom.model.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Section 4 once more, written to be read beside it: it keeps every sample of a life and looks
 * everything up again by scanning backwards. Guard fidelity only.
 */
final class PlainReplay {

  private static final long MIB = 1L << 20;

  record Id(int pid, long startTicks) {}

  private record Row(long allocated, long peak, @Nullable Long statement, boolean blockable) {}

  private record Frame(
      Instant at, Map<Id, Row> rows, long peak, boolean watermark, boolean sampled) {}

  private static final class Refusal {
    final Id id;
    final @Nullable Long statement;
    final Instant refusedAt;
    boolean crossedGap;
    boolean open = true;
    @Nullable BlockClass blockClass;

    Refusal(Id id, @Nullable Long statement, Instant refusedAt) {
      this.id = id;
      this.statement = statement;
      this.refusedAt = refusedAt;
    }

    void close(BlockClass as) {
      blockClass = as;
      open = false;
    }
  }

  record Told(
      Verdict verdict, long reliefBytes, @Nullable Long blockableBytes, @Nullable Long leadMs) {}

  record Refused(BlockClass blockClass, int pid, @Nullable Long statement, Instant refusedAt) {}

  /** Over the time with both a limit and a known headroom, in nanoseconds and byte-nanoseconds. */
  record Distance(long comparedNs, double overPromise, double slack) {}

  record Result(
      List<Told> kills,
      List<Refused> refused,
      int breaches,
      int noDecisions,
      List<@Nullable Long> limits,
      Distance distance) {}

  private final InstanceRecording recording;
  private final double[] ruleBytes;
  private final Policy.Trigger decidesOn;
  private final Duration cadence;
  private final Duration lag;
  private final boolean everyCandidate;

  private final TreeMap<Instant, Long> inForce = new TreeMap<>();
  private final List<@Nullable Long> limits = new ArrayList<>();
  private final List<Told> told = new ArrayList<>();
  private final List<Refusal> refusals = new ArrayList<>();
  private final List<Frame> life = new ArrayList<>();
  private final List<GuardEvent> denials = new ArrayList<>();
  private @Nullable Instant lastAsked;

  /** When a decision was last possible. */
  private @Nullable Instant lastAskedAbout;

  private Distance distance = new Distance(0, 0, 0);
  private boolean down;
  private int breaches;
  private int noDecisions;

  PlainReplay(
      InstanceRecording recording,
      double[] ruleBytes,
      Policy.Trigger decidesOn,
      Duration cadence,
      Duration lag,
      boolean everyCandidate) {
    this.recording = recording;
    this.ruleBytes = ruleBytes;
    this.decidesOn = decidesOn;
    this.cadence = cadence;
    this.lag = lag;
    this.everyCandidate = everyCandidate;
  }

  private record Happening(Instant at, int rank, Runnable then) {}

  Result run() {
    List<Happening> happenings = new ArrayList<>();
    for (int i = 0; i < recording.samples().size(); i++) {
      int index = i;
      happenings.add(
          new Happening(recording.samples().get(i).sampledAt(), 0, () -> onSample(index)));
    }
    for (GuardEvent event : recording.guardEvents()) {
      happenings.add(new Happening(event.occurredAt(), 1, () -> onDenial(event)));
    }
    for (OomKill kill : recording.kills()) {
      happenings.add(new Happening(kill.killedAt(), 2, () -> onKill(kill)));
    }
    for (InstanceEvent event : recording.instanceEvents()) {
      happenings.add(new Happening(event.occurredAt(), 3, () -> down = false));
    }
    happenings.sort(Comparator.comparing(Happening::at).thenComparingInt(Happening::rank));
    happenings.forEach(happening -> happening.then().run());
    closeOpen(BlockClass.UNDECIDED);
    return new Result(
        told,
        refusals.stream()
            .map(refusal ->
                new Refused(
                    Objects.requireNonNull(refusal.blockClass),
                    refusal.id.pid(),
                    refusal.statement,
                    refusal.refusedAt))
            .toList(),
        breaches,
        noDecisions,
        limits,
        distance);
  }

  private void onSample(int index) {
    limits.add(null);
    if (down) {
      return;
    }
    Frame frame = frame(index);
    life.add(frame);
    if (life.size() > 1) {
      if (isGap(frameBefore().at(), frame.at())) {
        open().forEach(refusal -> refusal.crossedGap = true);
        endStatements();
      } else {
        evaluate();
      }
    }
    decide(index, frame.at());
  }

  private void decide(int index, Instant now) {
    Instant before = lastAskedAbout;
    lastAskedAbout = now;
    if (lastAsked != null) {
      boolean due =
          decidesOn == Policy.Trigger.EVENTS
              ? recording.instanceEvents().stream()
                  .filter(event ->
                      event.kind() != InstanceEvent.Kind.STOP
                          && event.kind() != InstanceEvent.Kind.CRASH)
                  .anyMatch(event ->
                      event.occurredAt().isAfter(Objects.requireNonNull(before))
                          && !event.occurredAt().isAfter(now))
              : Duration.between(lastAsked, now).compareTo(cadence) >= 0;
      if (!due) {
        return;
      }
    }
    lastAsked = now;
    double limit = ruleBytes[index];
    if (Double.isNaN(limit) || Double.isInfinite(limit) || limit < 0) {
      noDecisions++;
    } else {
      limits.set(index, (long) limit);
      inForce.put(now.plus(lag), (long) limit);
    }
  }

  private void onDenial(GuardEvent denial) {
    if (!down) {
      denials.add(denial);
    }
  }

  private void onKill(OomKill kill) {
    if (down) {
      told.add(new Told(Verdict.SECONDARY, 0, null, null));
      return;
    }
    if (life.isEmpty() || isGap(life.getLast().at(), kill.killedAt())) {
      told.add(new Told(Verdict.UNDECIDED_GAP, 0, null, null));
      closeOpen(BlockClass.UNDECIDED);
    } else {
      MemoryLimit memoryMax = lastSampleBefore(kill.killedAt()).memoryMax();
      life.add(frameAt(kill));
      evaluate();
      told.add(judge(kill, Objects.requireNonNull(memoryMax)));
      closeOpen(BlockClass.JUSTIFIED);
    }
    life.clear();
    denials.clear();
    down = kill.victim().kind() != BackendKind.OTHER;
  }

  private Told judge(OomKill kill, MemoryLimit memoryMax) {
    double onePercent = ((MemoryLimit.Bytes) memoryMax).bytes() * 0.01;
    double margin = Math.max(8 * MIB, onePercent);
    long relief = 0;
    long blockable = 0;
    Instant runUp = kill.killedAt();
    for (Map.Entry<Id, Row> entry : life.getLast().rows().entrySet()) {
      long above = Math.max(0, entry.getValue().allocated() - base(entry.getKey()));
      if (isRefused(entry.getKey())) {
        relief += above;
      }
      if (entry.getValue().blockable()) {
        blockable += above;
      }
      if (entry.getValue().statement() != null) {
        Instant since = statementSeenFirst(entry.getKey());
        runUp = since.isBefore(runUp) ? since : runUp;
      }
    }
    Verdict verdict = Verdict.MISSED;
    if (isCensored(runUp)) {
      verdict = Verdict.UNDECIDED_CENSORED;
    } else if (relief >= margin) {
      verdict = Verdict.PREVENTED;
    } else if (relief > 0) {
      verdict = Verdict.UNDECIDED_THIN;
    } else if (blockable < margin) {
      verdict = Verdict.UNPREVENTABLE;
    }
    Long lead = null;
    if (verdict == Verdict.PREVENTED) {
      Instant first =
          open().stream().map(refusal -> refusal.refusedAt).min(Comparator.naturalOrder()).get();
      lead = Duration.between(first, kill.killedAt()).toMillis();
    }
    return new Told(verdict, relief, blockable, lead);
  }

  private boolean isCensored(Instant runUp) {
    for (GuardEvent denial : denials) {
      Map.Entry<Instant, Long> candidate = inForce.floorEntry(denial.occurredAt());
      boolean below =
          candidate == null || Objects.requireNonNull(denial.limitBytes()) < candidate.getValue();
      if (below && !denial.occurredAt().isBefore(runUp)) {
        return true;
      }
    }
    return false;
  }

  private void evaluate() {
    Frame now = life.getLast();
    Map.Entry<Instant, Long> limit = inForce.floorEntry(frameBefore().at());
    if (limit != null) {
      measure(limit.getValue(), Duration.between(frameBefore().at(), now.at()).toNanos());
    }
    long peak = now.peak();
    for (Map.Entry<Id, Row> entry : now.rows().entrySet()) {
      peak -= entry.getValue().peak() - contribution(entry.getKey(), entry.getValue());
    }
    if (now.watermark()) {
      for (Refusal refusal : open()) {
        if (!now.rows().containsKey(refusal.id)) {
          Row left = Objects.requireNonNull(frameBefore().rows().get(refusal.id));
          peak -= Math.max(0, left.allocated() - baseAt(refusal.id, life.size() - 2));
        }
      }
    }
    Map<Id, Long> contributions =
        new TreeMap<>(Comparator.comparingInt(Id::pid).thenComparingLong(Id::startTicks));
    now.rows().forEach((id, row) -> contributions.put(id, contribution(id, row)));
    Set<Id> refusedBefore = open().stream().map(refusal -> refusal.id).collect(toSet());
    endStatements();
    if (limit == null || Math.max(0, peak) <= limit.getValue()) {
      return;
    }
    List<Id> candidates = new ArrayList<>();
    for (Map.Entry<Id, Row> entry : now.rows().entrySet()) {
      if (entry.getValue().blockable()
          && growth(entry.getKey()) > 0
          && (isIdle(now, entry.getValue())
              ? hadStatementInBetween(entry.getKey()) && !refusedBefore.contains(entry.getKey())
              : !isRefused(entry.getKey()))) {
        candidates.add(entry.getKey());
      }
    }
    candidates.sort(Comparator.comparingLong((Id id) -> -growth(id)).thenComparingInt(Id::pid));
    if (candidates.isEmpty()) {
      breaches++;
    }
    for (Id id : candidates) {
      if (everyCandidate || peak > limit.getValue()) {
        long counted = Objects.requireNonNull(contributions.get(id));
        boolean ended = isIdle(now, rowNow(id));
        peak -= counted - Math.min(counted, ended ? rowNow(id).allocated() : base(id));
        Refusal refusal = new Refusal(id, rowNow(id).statement(), now.at());
        refusals.add(refusal);
        if (ended) {
          refusal.close(BlockClass.FALSE);
        }
      }
    }
  }

  /** A sample tells; a kill does not. */
  private static boolean isIdle(Frame frame, Row row) {
    return frame.sampled() && row.statement() == null;
  }

  /** It was in one at the sample before, or its peak is above what it held before and after. */
  private boolean hadStatementInBetween(Id id) {
    Row before = frameBefore().rows().get(id);
    return before != null
        && (before.statement() != null || rowNow(id).peak() > rowNow(id).allocated());
  }

  private void measure(long limit, long ns) {
    Sample start = lastSampleBefore(frameBefore().at());
    double headroom = ((MemoryLimit.Bytes) Objects.requireNonNull(start.memoryMax())).bytes();
    for (Fact part : RandomRecording.FLOOR) {
      if (!start.facts().has(part)) {
        return;
      }
      headroom -= start.facts().get(part);
    }
    distance =
        new Distance(
            distance.comparedNs + ns,
            distance.overPromise + Math.max(0, limit - headroom) * ns,
            distance.slack + Math.max(0, headroom - limit) * ns);
  }

  private long contribution(Id id, Row row) {
    boolean openBefore = isRefused(id);
    if (!openBefore) {
      return row.peak();
    }
    Row before = Objects.requireNonNull(frameBefore().rows().get(id));
    boolean same = Objects.equals(before.statement(), row.statement());
    return Math.min(row.peak(), same ? base(id) : row.allocated());
  }

  private void endStatements() {
    for (Refusal refusal : open()) {
      Row row = life.getLast().rows().get(refusal.id);
      if (row == null || !Objects.equals(row.statement(), refusal.statement)) {
        refusal.close(refusal.crossedGap ? BlockClass.UNDECIDED : BlockClass.FALSE);
      }
    }
  }

  private List<Refusal> open() {
    return refusals.stream().filter(refusal -> refusal.open).toList();
  }

  private void closeOpen(BlockClass as) {
    open().forEach(refusal -> refusal.close(as));
  }

  private boolean isRefused(Id id) {
    return open().stream().anyMatch(refusal -> refusal.id.equals(id));
  }

  private long growth(Id id) {
    Row before = frameBefore().rows().get(id);
    return rowNow(id).peak() - (before == null ? 0 : before.allocated());
  }

  private long base(Id id) {
    return baseAt(id, life.size() - 1);
  }

  private long baseAt(Id id, int index) {
    Row now = Objects.requireNonNull(life.get(index).rows().get(id));
    for (int i = index - 1; i >= 0; i--) {
      Row earlier = life.get(i).rows().get(id);
      if (earlier != null && !Objects.equals(earlier.statement(), now.statement())) {
        return earlier.allocated();
      }
    }
    return 0;
  }

  /** The first sample of this life that saw the process in the statement it is in now. */
  private Instant statementSeenFirst(Id id) {
    Instant first = life.getLast().at();
    for (Frame frame : life.reversed()) {
      Row row = frame.rows().get(id);
      if (row != null && !Objects.equals(row.statement(), rowNow(id).statement())) {
        break;
      }
      if (row != null) {
        first = frame.at();
      }
    }
    return first;
  }

  private Row rowNow(Id id) {
    return Objects.requireNonNull(life.getLast().rows().get(id));
  }

  private Frame frameBefore() {
    return life.get(life.size() - 2);
  }

  private Frame frame(int index) {
    Sample sample = recording.samples().get(index);
    Map<Id, Row> rows = newRows();
    long sum = 0;
    for (ProcessSample process : sample.processes()) {
      Id id = new Id(process.pid(), process.startTicks());
      long allocated = Objects.requireNonNull(process.guardAllocatedBytes());
      Long peak = process.guardAllocatedPeakBytes();
      if (peak == null) {
        peak = index == 0 ? 0 : allocatedIn(recording.samples().get(index - 1), id);
      }
      Row row =
          new Row(
              allocated, Math.max(allocated, peak), process.statementNumber(), process.blockable());
      rows.put(id, row);
      sum += row.peak();
    }
    boolean watermark = sample.facts().has(Fact.GUARD_ALLOCATED_PEAK);
    return new Frame(
        sample.sampledAt(),
        rows,
        watermark ? sample.facts().get(Fact.GUARD_ALLOCATED_PEAK) : sum,
        watermark,
        true);
  }

  private static long allocatedIn(Sample sample, Id id) {
    for (ProcessSample process : sample.processes()) {
      if (process.pid() == id.pid() && process.startTicks() == id.startTicks()) {
        return Objects.requireNonNull(process.guardAllocatedBytes());
      }
    }
    return 0;
  }

  private Frame frameAt(OomKill kill) {
    Map<Id, Row> rows = newRows();
    rows.putAll(life.getLast().rows());
    rows.replaceAll(
        (_, row) -> new Row(row.allocated(), row.allocated(), row.statement(), row.blockable()));
    Long known = kill.guardVictimBytes();
    if (known != null) {
      Id victim = victim(kill);
      Row before = rows.get(victim);
      rows.put(
          victim,
          before == null
              ? new Row(known, known, null, kindOf(victim, kill).blockable())
              : new Row(
                  known,
                  Math.max(known, before.allocated()),
                  before.statement(),
                  before.blockable()));
    }
    long sum = rows.values().stream().mapToLong(Row::peak).sum();
    Long instance = kill.guardInstanceBytes();
    return new Frame(
        kill.killedAt(), rows, instance == null ? sum : Math.max(instance, sum), false, false);
  }

  private Id victim(OomKill kill) {
    int pid = kill.victim().hostPid();
    for (Sample sample : recording.samples().reversed()) {
      if (!sample.sampledAt().isAfter(kill.killedAt())) {
        for (ProcessSample process : sample.processes()) {
          if (process.pid() == pid) {
            return new Id(pid, process.startTicks());
          }
        }
      }
    }
    return new Id(pid, 0);
  }

  /** As a sample had it, else as the kill says. */
  private BackendKind kindOf(Id victim, OomKill kill) {
    for (Sample sample : recording.samples()) {
      for (ProcessSample process : sample.processes()) {
        if (process.pid() == victim.pid() && process.startTicks() == victim.startTicks()) {
          return process.kind();
        }
      }
    }
    return kill.victim().kind();
  }

  private Sample lastSampleBefore(Instant instant) {
    return recording.samples().stream()
        .filter(sample -> !sample.sampledAt().isAfter(instant))
        .reduce((_, later) -> later)
        .orElseThrow();
  }

  private boolean isGap(Instant from, Instant to) {
    List<Long> steps = new ArrayList<>();
    for (int i = 1; i < recording.samples().size(); i++) {
      steps.add(
          Duration.between(
                  recording.samples().get(i - 1).sampledAt(),
                  recording.samples().get(i).sampledAt())
              .toNanos());
    }
    OptionalLong meantUs = lastSampleBefore(from).facts().find(Fact.SAMPLING_WAIT);
    if (meantUs.isPresent()
        && Duration.between(from, to).compareTo(Duration.ofNanos(3000 * meantUs.getAsLong()))
            <= 0) {
      return false;
    }
    if (steps.isEmpty()) {
      return true;
    }
    steps.sort(Comparator.naturalOrder());
    int middle = steps.size() / 2;
    double median =
        steps.size() % 2 == 1
            ? steps.get(middle)
            : (steps.get(middle - 1) + steps.get(middle)) / 2.0;
    return Duration.between(from, to).toNanos() > 3 * median;
  }

  private static Map<Id, Row> newRows() {
    return new TreeMap<>(Comparator.comparingInt(Id::pid).thenComparingLong(Id::startTicks));
  }
}
