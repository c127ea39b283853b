package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.guard.SegmentLayout.Event;
import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.guard.SegmentLayout.Payload;
import dev.headroom.collector.guard.SegmentLayout.Slot;
import dev.headroom.collector.kernel.BootClock;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The memory that one postmaster's guard shares. Whatever is in it was written by somebody else:
 * sizes and positions are checked before they are used, and at each use that it is still a segment.
 *
 * <p>The mapping outlives the server, so the last words of a server that was killed whole can be
 * read until {@link #close}. Safe for several threads.
 */
final class GuardSegment implements AutoCloseable {

  /** With the most slots and events that a guard can be set up for it is half of that. */
  static final long MAX_BYTES = 512L << 20;

  private final Path file;
  private final SharedMemory memory;
  private final GuardControl control;
  private final Slots slots;
  private final EventRing ring;
  private @Nullable Long limitedBytesBefore;

  private GuardSegment(Path file, SharedMemory memory, BootClock clock)
      throws GuardRefusedException {
    this.file = file;
    this.memory = memory;
    this.control = new GuardControl(memory, clock);
    long slotOffset = unsigned(Header.SLOT_OFFSET);
    long slotBytes = unsigned(Header.SLOT_BYTES);
    long slotCount = unsigned(Header.SLOT_COUNT);
    checkTable("slots", slotOffset, slotBytes, slotCount, Slot.SIZE);
    long ringOffset = unsigned(Header.RING_OFFSET);
    long eventBytes = unsigned(Header.RING_BYTES_EACH);
    long ringCapacity = unsigned(Header.RING_CAPACITY);
    checkTable("events", ringOffset, eventBytes, ringCapacity, Event.SIZE);
    if (Long.bitCount(ringCapacity) != 1) {
      throw refused("a ring of %d events, which is no power of two".formatted(ringCapacity));
    }
    this.slots =
        new Slots(
            memory,
            slotOffset,
            slotBytes,
            Math.toIntExact(slotCount),
            memory.getInt(Header.BLOCKABLE_KINDS));
    this.ring =
        new EventRing(memory, ringOffset, eventBytes, ringCapacity, clock, this::kindOfPayload);
  }

  /**
   * Maps a segment.
   *
   * @param file the memory file, such as {@code /proc/<postmaster>/fd/5}
   * @return empty while the guard is still writing it
   * @throws GuardRefusedException when it is not one that this collector knows
   * @throws IOException when it cannot be opened or is not safe to map
   */
  static Optional<GuardSegment> open(Path file, BootClock clock) throws IOException {
    SharedMemory memory = SharedMemory.map(file, MAX_BYTES);
    boolean kept = false;
    try {
      if (memory.byteSize() < Header.SIZE) {
        throw new GuardRefusedException(
            "%s has %,d bytes, less than the %,d of a guard's header"
                .formatted(file, memory.byteSize(), Header.SIZE));
      }
      if (memory.getInt(Header.READY) == 0) {
        return Optional.empty();
      }
      checkIdentity(file, memory);
      GuardSegment segment = new GuardSegment(file, memory, clock);
      kept = true;
      return Optional.of(segment);
    } finally {
      if (!kept) {
        memory.close();
      }
    }
  }

  static void checkIdentity(Path file, SharedMemory memory) throws GuardRefusedException {
    long magic = memory.getLong(Header.MAGIC);
    if (magic != SegmentLayout.MAGIC) {
      throw new GuardRefusedException(
          "%s is no guard's segment: it begins with %016x instead of %016x"
              .formatted(file, magic, SegmentLayout.MAGIC));
    }
    int version = memory.getInt(Header.LAYOUT_VERSION);
    if (version != SegmentLayout.LAYOUT_VERSION) {
      throw new GuardRefusedException(
          "%s has layout version %d; this collector knows version %d: use the guard and the collector of one release"
              .formatted(file, version, SegmentLayout.LAYOUT_VERSION));
    }
    if (memory.getLong(Header.TOTAL_BYTES) != memory.byteSize()) {
      throw new GuardRefusedException(
          "%s is damaged: it says that it has %,d bytes and has %,d"
              .formatted(file, memory.getLong(Header.TOTAL_BYTES), memory.byteSize()));
    }
  }

  private void checkTable(String what, long offset, long bytesEach, long count, long needed)
      throws GuardRefusedException {
    if (offset < Header.SIZE
        || offset % Long.BYTES != 0
        || bytesEach < needed
        || bytesEach % Long.BYTES != 0
        || count == 0
        || offset + bytesEach * count > memory.byteSize()) {
      throw refused(
          "%,d %s of %,d bytes each at %,d, which do not fit"
              .formatted(count, what, bytesEach, offset));
    }
  }

  private GuardRefusedException refused(String what) {
    return new GuardRefusedException("%s is damaged: it claims %s".formatted(file, what));
  }

  /** The first process of the server, as it sees itself. */
  int postmasterNamespacePid() {
    return memory.getInt(Header.POSTMASTER_PID);
  }

  /** When that process started, as in {@code /proc/<pid>/stat}. */
  long postmasterStartTicks() {
    return memory.getLong(Header.POSTMASTER_START_TICKS);
  }

  /** Tells this segment from any other of this boot. */
  long createdBoottimeNs() {
    return memory.getLong(Header.CREATED_BOOTTIME_NS);
  }

  /**
   * Reads what processes hold, and starts the watermarks anew.
   *
   * @throws GuardRefusedException when it is no segment any more
   */
  synchronized GuardReading read() throws GuardRefusedException {
    checkIdentity(file, memory);
    Facts.Builder facts = Facts.builder();
    // The watermark first: what comes after it counts for this reading and the next.
    long watermark = memory.getAndSetLong(Header.LIMITED_PEAK_BYTES, 0);
    long held = Math.max(0, memory.getLong(Header.LIMITED_BYTES));
    long before = limitedBytesBefore == null ? held : limitedBytesBefore;
    limitedBytesBefore = held;
    facts.set(Fact.GUARD_ALLOCATED, held);
    facts.set(Fact.GUARD_ALLOCATED_PEAK, Math.max(watermark, Math.max(held, before)));
    facts.set(Fact.GUARD_LIMIT, control.findLimitInForce());
    if (memory.getInt(Header.FACTS_ARE_SET) == 1) {
      facts.set(Fact.SHARED_BUFFERS, memory.getLong(Header.SHARED_BUFFERS_BYTES));
      facts.set(Fact.SHARED_MEMORY, memory.getLong(Header.SHARED_MEMORY_BYTES));
      facts.set(Fact.MAX_CONNECTIONS, unsigned(Header.MAX_CONNECTIONS));
    }
    return new GuardReading(facts.build(), slots.readLiving(control.exemptsSuperusers()));
  }

  /**
   * Tells the guard what to do from now on.
   *
   * @throws IOException when it cannot be told now
   */
  synchronized void push(GuardOrder order) throws IOException {
    checkIdentity(file, memory);
    control.push(order);
  }

  /** As {@link EventRing#read}. */
  synchronized EventRing.Batch readEvents(long from, int atMost) throws GuardRefusedException {
    checkIdentity(file, memory);
    return ring.read(from, atMost);
  }

  /** As {@link Slots#findVictim}. */
  synchronized Optional<VictimAccount> findVictim(
      int namespacePid, @Nullable Long startTicks, long killedBoottimeNs)
      throws GuardRefusedException {
    checkIdentity(file, memory);
    return slots.findVictim(namespacePid, startTicks, killedBoottimeNs);
  }

  private BackendKind kindOfPayload(ByteBuffer payload) {
    BackendKind kind = Slots.kindOf(payload.getInt((int) Payload.KIND));
    return kind == BackendKind.UNKNOWN
        ? slots
            .findKind(
                payload.getInt((int) Payload.SLOT), payload.getInt((int) Payload.SLOT_GENERATION))
            .orElse(kind)
        : kind;
  }

  private long unsigned(long offset) {
    return Integer.toUnsignedLong(memory.getInt(offset));
  }

  @Override
  public synchronized void close() {
    memory.close();
  }
}
