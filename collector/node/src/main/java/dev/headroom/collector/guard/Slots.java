package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.guard.SegmentLayout.Context;
import dev.headroom.collector.guard.SegmentLayout.Slot;
import dev.headroom.model.BackendKind;
import dev.headroom.model.MemoryContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * The processes of a segment. A slot keeps its last values after its process's end until another
 * one takes it.
 */
final class Slots {

  /** A writer changes a statement or a black box within microseconds; a dead one never ends. */
  private static final int MAX_READS = 100;

  private final SharedMemory memory;
  private final long offset;
  private final long bytesEach;
  private final int count;
  private final int blockableKinds;

  /** By slot: who was in it and what that held when it was last sampled. */
  private final Held[] before;

  private record Held(int generation, long allocatedBytes, long dsmBytes) {}

  /** A statement as a slot has it. */
  private record Running(long number, boolean inStatement, @Nullable Long queryId) {

    static final Running NOTHING = new Running(0, false, null);

    @Nullable Long knownNumber() {
      return number == 0 ? null : number;
    }
  }

  Slots(SharedMemory memory, long offset, long bytesEach, int count, int blockableKinds) {
    this.memory = memory;
    this.offset = offset;
    this.bytesEach = bytesEach;
    this.count = count;
    this.blockableKinds = blockableKinds;
    this.before = new Held[count];
  }

  /**
   * Reads the living processes and starts their watermarks anew.
   *
   * @param exemptSuperusers whether superusers are never refused
   */
  Map<Integer, SlotReading> readLiving(boolean exemptSuperusers) {
    Map<Integer, SlotReading> byPid = new HashMap<>();
    for (int index = 0; index < count; index++) {
      long slot = slot(index);
      int generation = memory.getInt(slot + Slot.SLOT_GENERATION);
      if (memory.getInt(slot + Slot.STATE) != SegmentLayout.SLOT_LIVE) {
        continue;
      }
      int pid = memory.getInt(slot + Slot.PID);
      // The watermark first: what comes after it counts for this reading and the next.
      long watermark = memory.getAndSetLong(slot + Slot.PEAK_BYTES, 0);
      Held now = new Held(generation, allocated(slot), dsm(slot));
      @Nullable Held earlier = before[index];
      Held base = earlier != null && earlier.generation() == generation ? earlier : now;
      before[index] = now;
      long peak =
          Math.max(Math.max(watermark, now.allocatedBytes()), base.allocatedBytes())
              + Math.max(now.dsmBytes(), base.dsmBytes());
      int kind = memory.getInt(slot + Slot.KIND);
      boolean exempt = exemptSuperusers && memory.getInt(slot + Slot.IS_SUPERUSER) != 0;
      Running running = running(slot);
      SlotReading reading =
          new SlotReading(
              memory.getLong(slot + Slot.START_TICKS),
              kind(kind, slot),
              isBlockable(kind) && !exempt,
              now.allocatedBytes() + now.dsmBytes(),
              peak,
              running.knownNumber(),
              running.inStatement(),
              running.queryId());
      if (memory.getInt(slot + Slot.SLOT_GENERATION) == generation) {
        byPid.put(pid, reading);
      }
    }
    return byPid;
  }

  /**
   * What the slot of a killed process last said.
   *
   * @param startTicks when it started; absent when not known, and then the latest with that pid
   * @param killedBoottimeNs when it was killed, for who else lived then
   */
  Optional<VictimAccount> findVictim(
      int namespacePid, @Nullable Long startTicks, long killedBoottimeNs) {
    OptionalInt found = find(namespacePid, startTicks, killedBoottimeNs);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    long slot = slot(found.getAsInt());
    int generation = memory.getInt(slot + Slot.SLOT_GENERATION);
    Running running = running(slot);
    VictimAccount account =
        new VictimAccount(
            allocated(slot) + dsm(slot),
            heldByBlockable(killedBoottimeNs),
            running.inStatement() ? running.knownNumber() : null,
            running.queryId(),
            contexts(slot, running.number()));
    return memory.getInt(slot + Slot.SLOT_GENERATION) == generation
        ? Optional.of(account)
        : Optional.empty();
  }

  /** What the process in this slot is for, if it still is the one meant. */
  Optional<BackendKind> findKind(int index, int generation) {
    if (index < 0 || index >= count) {
      return Optional.empty();
    }
    long slot = slot(index);
    BackendKind kind = kind(memory.getInt(slot + Slot.KIND), slot);
    return memory.getInt(slot + Slot.SLOT_GENERATION) == generation
        ? Optional.of(kind)
        : Optional.empty();
  }

  private OptionalInt find(int namespacePid, @Nullable Long startTicks, long aliveAtNs) {
    OptionalInt found = OptionalInt.empty();
    long latest = Long.MIN_VALUE;
    for (int index = 0; index < count; index++) {
      long slot = slot(index);
      long start = memory.getLong(slot + Slot.START_TICKS);
      if (memory.getInt(slot + Slot.PID) == namespacePid
          && isTaken(slot)
          && (startTicks == null || startTicks == start)
          && memory.getLong(slot + Slot.ATTACHED_BOOTTIME_NS) <= aliveAtNs
          && start >= latest) {
        found = OptionalInt.of(index);
        latest = start;
      }
    }
    return found;
  }

  private long heldByBlockable(long atNs) {
    long sum = 0;
    for (int index = 0; index < count; index++) {
      long slot = slot(index);
      boolean alive =
          isTaken(slot)
              && memory.getLong(slot + Slot.ATTACHED_BOOTTIME_NS) <= atNs
              && (memory.getInt(slot + Slot.STATE) == SegmentLayout.SLOT_LIVE
                  || memory.getLong(slot + Slot.ENDED_BOOTTIME_NS) >= atNs);
      if (alive && isBlockable(memory.getInt(slot + Slot.KIND))) {
        sum += allocated(slot) + dsm(slot);
      }
    }
    return sum;
  }

  private boolean isTaken(long slot) {
    int state = memory.getInt(slot + Slot.STATE);
    return state == SegmentLayout.SLOT_LIVE
        || state == SegmentLayout.SLOT_EXITED
        || state == SegmentLayout.SLOT_RECLAIMED;
  }

  private boolean isBlockable(int kind) {
    return kind > 0 && kind < Integer.SIZE && (blockableKinds >> kind & 1) == 1;
  }

  private Running running(long slot) {
    Running read = Running.NOTHING;
    for (int attempt = 0; attempt < MAX_READS; attempt++) {
      long sequence = memory.getLong(slot + Slot.STATEMENT_SEQUENCE);
      read =
          new Running(
              memory.getLong(slot + Slot.STATEMENT_NUMBER),
              memory.getInt(slot + Slot.IN_STATEMENT) != 0,
              memory.getInt(slot + Slot.QUERY_ID_IS_SET) == 0
                  ? null
                  : memory.getLong(slot + Slot.QUERY_ID));
      if (sequence % 2 == 0 && memory.getLong(slot + Slot.STATEMENT_SEQUENCE) == sequence) {
        return read;
      }
    }
    // It died while it changed: which of the two statements the query id is of, nobody knows.
    return new Running(read.number(), read.inStatement(), null);
  }

  /** A black box of another statement says nothing of this one. */
  private @Nullable List<MemoryContext> contexts(long slot, long statementNumber) {
    for (int attempt = 0; attempt < MAX_READS; attempt++) {
      long sequence = memory.getLong(slot + Slot.BLACKBOX_SEQUENCE);
      if (sequence == 0
          || memory.getLong(slot + Slot.BLACKBOX_STATEMENT_NUMBER) != statementNumber) {
        return null;
      }
      int size =
          Math.clamp(memory.getInt(slot + Slot.BLACKBOX_COUNT), 0, SegmentLayout.BLACKBOX_CONTEXTS);
      List<MemoryContext> contexts = new ArrayList<>();
      for (int place = 0; place < size; place++) {
        long context = slot + Slot.BLACKBOX + place * Context.SIZE;
        contexts.add(
            new MemoryContext(
                memory.getText(context + Context.NAME, SegmentLayout.CONTEXT_NAME_BYTES),
                memory.getLong(context + Context.BYTES),
                memory.getLong(context + Context.BLOCKS)));
      }
      if (sequence % 2 == 0 && memory.getLong(slot + Slot.BLACKBOX_SEQUENCE) == sequence) {
        return contexts;
      }
    }
    return null;
  }

  private BackendKind kind(int kind, long slot) {
    return kind == SegmentLayout.KIND_PARALLEL_WORKER
        ? BackendKind.PARALLEL_WORKER
        : BackendKind.find(memory.getText(slot + Slot.KIND_NAME, SegmentLayout.KIND_NAME_BYTES))
            .orElseGet(() -> kindOf(kind));
  }

  /** The kinds that have a number of their own; the others have a name in their slot only. */
  static BackendKind kindOf(int kind) {
    return switch (kind) {
      case SegmentLayout.KIND_CLIENT_BACKEND -> BackendKind.CLIENT_BACKEND;
      case SegmentLayout.KIND_PARALLEL_WORKER -> BackendKind.PARALLEL_WORKER;
      case SegmentLayout.KIND_BACKGROUND_WORKER -> BackendKind.BACKGROUND_WORKER;
      case SegmentLayout.KIND_AUTOVACUUM_WORKER -> BackendKind.AUTOVACUUM_WORKER;
      case SegmentLayout.KIND_AUTOVACUUM_LAUNCHER -> BackendKind.AUTOVACUUM_LAUNCHER;
      case SegmentLayout.KIND_WALSENDER -> BackendKind.WAL_SENDER;
      case SegmentLayout.KIND_POSTMASTER -> BackendKind.POSTMASTER;
      default -> BackendKind.UNKNOWN;
    };
  }

  private long allocated(long slot) {
    return Math.max(0, memory.getLong(slot + Slot.ALLOCATED_BYTES));
  }

  private long dsm(long slot) {
    return Math.max(0, memory.getLong(slot + Slot.DSM_BYTES));
  }

  private long slot(int index) {
    return offset + index * bytesEach;
  }
}
