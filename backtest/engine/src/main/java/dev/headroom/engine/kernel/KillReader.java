package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Fidelity;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Puts a kill together: its own row, the rest of its incident, and the last sample before it. */
final class KillReader {

  private static final long SMALLEST_MARGIN_BYTES = 8L << 20;
  private static final long MARGIN_IS_ONE_IN = 100;

  private final List<OomKill> all;
  private final Fidelity fidelity;
  private final ProcessRegistry processes;
  private final CaseFacts stated;

  KillReader(List<OomKill> all, Fidelity fidelity, ProcessRegistry processes, CaseFacts stated) {
    this.all = all;
    this.fidelity = fidelity;
    this.processes = processes;
    this.stated = stated;
  }

  ReplayEvent.Kill read(ReplayEvent.KillRow event) {
    OomKill kill = event.row();
    Map<TrackedProcess, Long> allocated = new HashMap<>();
    for (OomKill row : all) {
      if (row.incidentId().equals(kill.incidentId())) {
        Long held = allocatedByVictim(row);
        if (held != null) {
          allocated.put(victimOf(row), held);
        }
      }
    }
    stated
        .allocatedBytesAtKill()
        .getOrDefault(kill.killId(), Map.of())
        .forEach((pid, bytes) -> allocated.put(processes.getLatest(pid, kindStatedOf(pid)), bytes));
    return new ReplayEvent.Kill(
        event.timeNs(),
        kill.killId(),
        kill.incidentId(),
        victimOf(kill),
        kill.victim().kind() != BackendKind.OTHER,
        allocated,
        fidelity == Fidelity.GUARD ? kill.guardInstanceBytes() : null,
        kill.memoryMax() instanceof MemoryLimit.Bytes(long bytes) ? bytes : null);
  }

  private @Nullable Long allocatedByVictim(OomKill kill) {
    return switch (fidelity) {
      case GUARD -> kill.guardVictimBytes();
      case RESIDENT -> kill.victim().kind() == BackendKind.OTHER ? null : kill.anonBytes();
      case CGROUP -> atLeastBefore(kill.anonBytes());
    };
  }

  /** The cgroup holds at least what its victim does, and at least nothing less is known of it. */
  private @Nullable Long atLeastBefore(@Nullable Long victimAnonBytes) {
    long before = WholeCgroup.in(processes).lastKnownBytes;
    if (before == SampleChunk.ABSENT) {
      return victimAnonBytes;
    }
    return victimAnonBytes == null ? (Long) before : (Long) Math.max(victimAnonBytes, before);
  }

  private TrackedProcess victimOf(OomKill kill) {
    return fidelity == Fidelity.CGROUP
        ? WholeCgroup.in(processes)
        : processes.getLatest(kill.victim().hostPid(), kill.victim().kind());
  }

  private BackendKind kindStatedOf(int pid) {
    return stated.kindByPid().getOrDefault(pid, BackendKind.UNKNOWN);
  }

  /** The processes at the sample that is made at the kill, from those of the last sample. */
  static ProcessRows rowsAtKill(
      ReplayEvent.Kill kill, ProcessRows source, int from, int to, int life, int round) {
    Map<TrackedProcess, Long> unseen = new HashMap<>(kill.allocatedBytes());
    ProcessRows atKill = new ProcessRows(to - from + unseen.size());
    for (int row = from; row < to; row++) {
      TrackedProcess process = source.process[row];
      long before = source.allocated[row];
      unseen.remove(process);
      atKill.add(
          process,
          kill.allocatedBytes().getOrDefault(process, before),
          before,
          source.statement[row],
          source.blockable[row]);
    }
    unseen.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> entry.getKey().order))
        .forEach(entry ->
            atKill.add(
                entry.getKey(),
                entry.getValue(),
                entry.getValue(),
                ProcessRows.IDLE,
                entry.getKey().kind.blockable()));
    for (int row = 0; row < atKill.size; row++) {
      TrackedProcess process = atKill.process[row];
      process.arrive(life, round, atKill.statement[row], kill.timeNs());
      atKill.changed[row] = process.changedStatement();
      atKill.before[row] = process.allocatedBefore();
      atKill.base[row] = process.base();
    }
    return atKill;
  }

  /** The earliest start of a statement that still runs at the kill, or the kill itself. */
  static long runUpNs(ReplayEvent.Kill kill, ProcessRows atKill) {
    long runUpNs = kill.timeNs();
    for (int row = 0; row < atKill.size; row++) {
      if (atKill.statement[row] != ProcessRows.IDLE) {
        runUpNs = Math.min(runUpNs, atKill.process[row].statementSinceNs());
      }
    }
    return runUpNs;
  }

  static long blockableBytes(ProcessRows atKill) {
    long held = 0;
    for (int row = 0; row < atKill.size; row++) {
      if (atKill.blockable[row]) {
        held += atKill.aboveBase(row);
      }
    }
    return held;
  }

  /**
   * What must be freed to prevent the kill, in bytes.
   *
   * @param sampledMemoryMax at the last sample; NaN or infinite where it is unknown or unlimited
   */
  static long marginBytes(ReplayEvent.Kill kill, double sampledMemoryMax) {
    long memoryMax =
        kill.memoryMaxBytes() != null
            ? kill.memoryMaxBytes()
            : Double.isFinite(sampledMemoryMax) ? (long) sampledMemoryMax : 0;
    return Math.max(SMALLEST_MARGIN_BYTES, Math.ceilDiv(memoryMax, MARGIN_IS_ONE_IN));
  }
}
