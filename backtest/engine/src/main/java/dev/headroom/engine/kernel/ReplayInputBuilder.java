package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Turns a recording into the arrays of a {@link ReplayInput}. */
final class ReplayInputBuilder {

  private static final long NS_PER_SECOND = 1_000_000_000L;

  /** The one pseudo-process of {@link Fidelity#CGROUP}: always in the same statement. */
  private static final ReplayProcess WHOLE_CGROUP =
      new ReplayProcess(0, 0, BackendKind.CLIENT_BACKEND);

  private static final long WHOLE_CGROUP_STATEMENT = 1;

  final InstanceRecording recording;
  final CaseFacts stated;
  final long judgedFromNs;
  final FidelityCheck fidelity;
  final long[] timeNs;
  final int[] firstRow;
  final ProcessTable table;
  final long[] instancePeakBytes;
  final boolean[] hasWatermark;
  final double[] headroomBytes;
  final double[] memoryMaxBytes;
  final double[] liveLimitBytes;
  final List<ReplayEvent> events = new ArrayList<>();
  final List<ReplayProcess> processes = new ArrayList<>();

  private final Map<ReplayProcess, Integer> slotByProcess = new HashMap<>();
  private final Map<Integer, Integer> latestSlotByPid = new HashMap<>();

  /** By slot: what the process held at the last sample that said so. */
  private final Map<Integer, Long> lastAllocatedBytes = new HashMap<>();

  ReplayInputBuilder(InstanceRecording recording, CaseFacts stated, @Nullable Instant judgedFrom) {
    this.recording = recording;
    this.stated = stated;
    judgedFromNs = judgedFrom == null ? Long.MIN_VALUE : epochNs(judgedFrom);
    List<Sample> samples = recording.samples();
    int count = samples.size();
    fidelity = FidelityCheck.of(samples);
    timeNs = new long[count];
    firstRow = new int[count + 1];
    table = new ProcessTable(samples.stream().mapToInt(s -> s.processes().size() + 1).sum());
    instancePeakBytes = new long[count];
    hasWatermark = new boolean[count];
    headroomBytes = new double[count];
    memoryMaxBytes = new double[count];
    liveLimitBytes = new double[count];
  }

  ReplayInput build() {
    List<OomKill> kills =
        recording.kills().stream()
            .sorted(Comparator.comparing(OomKill::killedAt).thenComparingLong(OomKill::boottimeNs))
            .toList();
    int nextKill = 0;
    for (int i = 0; i < timeNs.length; i++) {
      long sampledAtNs = epochNs(recording.samples().get(i).sampledAt());
      while (nextKill < kills.size() && epochNs(kills.get(nextKill).killedAt()) < sampledAtNs) {
        addKill(kills.get(nextKill++), kills);
      }
      addSample(i, sampledAtNs);
    }
    while (nextKill < kills.size()) {
      addKill(kills.get(nextKill++), kills);
    }
    addOtherEvents();
    events.sort(Comparator.comparingLong(ReplayEvent::timeNs).thenComparingInt(ReplayEvent::rank));
    fillLiveLimits();
    return new ReplayInput(this);
  }

  private void addSample(int index, long sampledAtNs) {
    Sample sample = recording.samples().get(index);
    timeNs[index] = sampledAtNs;
    firstRow[index] = table.size;
    if (fidelity.fidelity() == Fidelity.CGROUP) {
      addWholeCgroup(sample);
    } else {
      for (ProcessSample process : sample.processes()) {
        addProcess(index, process);
      }
    }
    firstRow[index + 1] = table.size;
    boolean watermark =
        fidelity.fidelity() == Fidelity.GUARD && sample.facts().has(Fact.GUARD_ALLOCATED_PEAK);
    hasWatermark[index] = watermark;
    instancePeakBytes[index] =
        watermark ? sample.facts().get(Fact.GUARD_ALLOCATED_PEAK) : sumOfPeaks(index);
    headroomBytes[index] = Floor.headroomBytes(sample, recording.instance().cgroupVersion());
    memoryMaxBytes[index] =
        sample.memoryMax() instanceof MemoryLimit.Bytes(long bytes) ? bytes : Double.NaN;
  }

  private long sumOfPeaks(int index) {
    long sum = 0;
    for (int row = firstRow[index]; row < table.size; row++) {
      sum += table.peak[row];
    }
    return sum;
  }

  private void addWholeCgroup(Sample sample) {
    int slot = slotOf(WHOLE_CGROUP);
    Long before = lastAllocatedBytes.get(slot);
    long held;
    if (sample.facts().has(Fact.ANON)) {
      held = sample.facts().get(Fact.ANON);
    } else if (before != null) {
      held = before;
    } else {
      return;
    }
    table.add(slot, held, before == null ? held : before, WHOLE_CGROUP_STATEMENT, true);
    lastAllocatedBytes.put(slot, held);
  }

  private void addProcess(int index, ProcessSample process) {
    boolean guarded = fidelity.fidelity() == Fidelity.GUARD;
    if (!guarded && process.kind() == BackendKind.OTHER) {
      return;
    }
    ReplayProcess identity = new ReplayProcess(process.pid(), process.startTicks(), process.kind());
    int slot = slotOf(identity);
    Long known = guarded ? process.guardAllocatedBytes() : process.residentAnonBytes();
    if (known == null) {
      known = lastAllocatedBytes.get(slot);
    }
    if (known == null) {
      return;
    }
    Long peak = guarded ? process.guardAllocatedPeakBytes() : null;
    Long statement = process.statementNumber();
    table.add(
        slot,
        known,
        peak != null ? peak : allocatedInSampleBefore(index, slot),
        statement == null ? ProcessTable.IDLE : statement,
        process.blockable());
    lastAllocatedBytes.put(slot, known);
  }

  private long allocatedInSampleBefore(int index, int slot) {
    if (index > 0) {
      for (int row = firstRow[index - 1]; row < firstRow[index]; row++) {
        if (table.slot[row] == slot) {
          return table.allocated[row];
        }
      }
    }
    return 0;
  }

  /** A process keeps its slot when it changes its kind, as a fresh fork does. */
  private int slotOf(ReplayProcess process) {
    ReplayProcess key = new ReplayProcess(process.pid(), process.startTicks(), BackendKind.UNKNOWN);
    Integer slot = slotByProcess.get(key);
    if (slot == null) {
      slot = processes.size();
      slotByProcess.put(key, slot);
      processes.add(process);
    } else {
      processes.set(slot, process);
    }
    latestSlotByPid.put(process.pid(), slot);
    return slot;
  }

  private void addKill(OomKill kill, List<OomKill> kills) {
    Map<Integer, Long> allocated = new HashMap<>();
    for (OomKill row : kills) {
      if (row.incidentId().equals(kill.incidentId())) {
        Long held = allocatedByVictim(row);
        if (held != null) {
          allocated.put(slotOfVictim(row), held);
        }
      }
    }
    stated
        .allocatedBytesAtKill()
        .getOrDefault(kill.killId(), Map.of())
        .forEach((pid, bytes) -> allocated.put(slotOfPid(pid, kindStatedOf(pid)), bytes));
    boolean guarded = fidelity.fidelity() == Fidelity.GUARD;
    events.add(
        new ReplayEvent.Kill(
            epochNs(kill.killedAt()),
            kill.killId(),
            kill.incidentId(),
            slotOfVictim(kill),
            kill.victim().kind() != BackendKind.OTHER,
            allocated,
            guarded ? kill.guardInstanceBytes() : null,
            kill.memoryMax() instanceof MemoryLimit.Bytes(long bytes) ? bytes : null));
  }

  private @Nullable Long allocatedByVictim(OomKill kill) {
    return switch (fidelity.fidelity()) {
      case GUARD -> kill.guardVictimBytes();
      case RESIDENT -> kill.victim().kind() == BackendKind.OTHER ? null : kill.anonBytes();
      case CGROUP -> atLeastBefore(kill.anonBytes());
    };
  }

  /** The cgroup holds at least what its victim does, and at least nothing less is known of it. */
  private @Nullable Long atLeastBefore(@Nullable Long victimAnonBytes) {
    Integer slot = latestSlotByPid.get(WHOLE_CGROUP.pid());
    Long before = slot == null ? null : lastAllocatedBytes.get(slot);
    if (victimAnonBytes == null || before == null) {
      return before == null ? victimAnonBytes : before;
    }
    return Math.max(victimAnonBytes, before);
  }

  private int slotOfVictim(OomKill kill) {
    return fidelity.fidelity() == Fidelity.CGROUP
        ? slotOf(WHOLE_CGROUP)
        : slotOfPid(kill.victim().hostPid(), kill.victim().kind());
  }

  private int slotOfPid(int pid, BackendKind kindIfNew) {
    Integer slot = latestSlotByPid.get(pid);
    return slot != null ? slot : slotOf(new ReplayProcess(pid, 0, kindIfNew));
  }

  private BackendKind kindStatedOf(int pid) {
    return stated.kindByPid().getOrDefault(pid, BackendKind.UNKNOWN);
  }

  private void addOtherEvents() {
    for (InstanceEvent event : recording.instanceEvents()) {
      if (event.kind() == InstanceEvent.Kind.READY) {
        events.add(new ReplayEvent.Ready(epochNs(event.occurredAt())));
      }
    }
    for (GuardEvent event : recording.guardEvents()) {
      if (event.kind() == GuardEvent.Kind.DENIAL) {
        events.add(new ReplayEvent.Denial(epochNs(event.occurredAt()), event.limitBytes()));
      }
    }
  }

  /** The limit read from the guard; where nobody read it, the last it was told to enforce. */
  private void fillLiveLimits() {
    List<Decision> decisions = recording.decisions();
    int next = 0;
    double applied = Double.NaN;
    for (int i = 0; i < timeNs.length; i++) {
      while (next < decisions.size() && epochNs(decisions.get(next).decidedAt()) <= timeNs[i]) {
        Decision decision = decisions.get(next++);
        Long limit = decision.limitBytes();
        if (decision.applied() && decision.mode() == GuardMode.ENFORCE && limit != null) {
          applied = limit;
        }
      }
      Sample sample = recording.samples().get(i);
      liveLimitBytes[i] =
          sample.facts().has(Fact.GUARD_LIMIT) ? sample.facts().get(Fact.GUARD_LIMIT) : applied;
    }
  }

  private static long epochNs(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), NS_PER_SECOND), instant.getNano());
  }
}
