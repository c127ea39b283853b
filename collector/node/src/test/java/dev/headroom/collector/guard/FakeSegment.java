package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.MemoryFile;
import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.guard.SegmentLayout.Context;
import dev.headroom.collector.guard.SegmentLayout.Control;
import dev.headroom.collector.guard.SegmentLayout.Event;
import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.guard.SegmentLayout.Payload;
import dev.headroom.collector.guard.SegmentLayout.Slot;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** A segment as a guard would have written it, in a memory file of this process. */
final class FakeSegment implements AutoCloseable {

  static final int SLOTS = 4;
  static final int EVENTS = 8;
  static final int POSTMASTER_PID = 17;
  static final long POSTMASTER_START = 1_700;
  static final long CREATED = 5_000;

  private static final long SLOT_OFFSET = Header.SIZE;
  private static final long RING_OFFSET = SLOT_OFFSET + SLOTS * Slot.SIZE;
  private static final long BYTES = RING_OFFSET + EVENTS * Event.SIZE;

  final SharedMemory memory;
  final Clock clock = new Clock();
  private final MemoryFile file;

  /** Boottime that stands still until it is set. */
  static final class Clock {
    long ns = 1_000_000_000;

    long ns() {
      return ns;
    }
  }

  FakeSegment() throws IOException {
    this("headroom-guard");
  }

  FakeSegment(String name) throws IOException {
    this.file = MemoryFile.create(name, BYTES, true);
    this.memory = SharedMemory.map(file.path(), BYTES);
    memory.setLong(Header.MAGIC, SegmentLayout.MAGIC);
    memory.setInt(Header.LAYOUT_VERSION, SegmentLayout.LAYOUT_VERSION);
    memory.setLong(Header.TOTAL_BYTES, BYTES);
    memory.setInt(Header.SLOT_OFFSET, (int) SLOT_OFFSET);
    memory.setInt(Header.SLOT_BYTES, (int) Slot.SIZE);
    memory.setInt(Header.SLOT_COUNT, SLOTS);
    memory.setInt(Header.RING_OFFSET, (int) RING_OFFSET);
    memory.setInt(Header.RING_BYTES_EACH, (int) Event.SIZE);
    memory.setInt(Header.RING_CAPACITY, EVENTS);
    memory.setInt(Header.POSTMASTER_PID, POSTMASTER_PID);
    memory.setLong(Header.POSTMASTER_START_TICKS, POSTMASTER_START);
    memory.setLong(Header.CREATED_BOOTTIME_NS, CREATED);
    memory.setInt(
        Header.BLOCKABLE_KINDS,
        1 << SegmentLayout.KIND_CLIENT_BACKEND | 1 << SegmentLayout.KIND_PARALLEL_WORKER);
    memory.setInt(Header.SWITCH_MODE, SegmentLayout.MODE_ENFORCE);
    memory.setInt(Header.READY, 1);
  }

  Path path() {
    return file.path();
  }

  GuardSegment open() throws IOException {
    return find().orElseThrow();
  }

  Optional<GuardSegment> find() throws IOException {
    return GuardSegment.open(path(), clock::ns);
  }

  /** The copy of the control that is in force. */
  long control() {
    return Header.CONTROL + (memory.getLong(Header.CONTROL_GENERATION) & 1) * Control.SIZE;
  }

  /** A client backend moves into a slot. */
  long attach(int slot, int generation, int pid, long startTicks) {
    long at = slot(slot);
    for (long offset = 0; offset < Slot.SIZE; offset += Long.BYTES) {
      memory.setLong(at + offset, 0);
    }
    memory.setInt(at + Slot.SLOT_GENERATION, generation);
    memory.setInt(at + Slot.PID, pid);
    memory.setInt(at + Slot.KIND, SegmentLayout.KIND_CLIENT_BACKEND);
    setText(at + Slot.KIND_NAME, "client backend", SegmentLayout.KIND_NAME_BYTES);
    memory.setLong(at + Slot.START_TICKS, startTicks);
    memory.setInt(at + Slot.STATE, SegmentLayout.SLOT_LIVE);
    return at;
  }

  static long slot(int index) {
    return SLOT_OFFSET + index * Slot.SIZE;
  }

  void statement(long slot, long number, boolean running, long queryId) {
    memory.setLong(slot + Slot.STATEMENT_NUMBER, number);
    memory.setInt(slot + Slot.IN_STATEMENT, running ? 1 : 0);
    memory.setInt(slot + Slot.QUERY_ID_IS_SET, 1);
    memory.setLong(slot + Slot.QUERY_ID, queryId);
  }

  void context(long slot, int place, String name, long bytes, long blocks) {
    long at = slot + Slot.BLACKBOX + place * Context.SIZE;
    setText(at + Context.NAME, name, SegmentLayout.CONTEXT_NAME_BYTES);
    memory.setLong(at + Context.BYTES, bytes);
    memory.setLong(at + Context.BLOCKS, blocks);
  }

  /** Writes the event at a position of the ring. */
  void event(long position, int type, int pid, long boottimeNs) {
    ByteBuffer payload =
        ByteBuffer.allocate((int) (Event.SIZE - Event.PAYLOAD)).order(ByteOrder.nativeOrder());
    payload.putLong((int) Payload.BOOTTIME_NS, boottimeNs);
    payload.putInt((int) Payload.TYPE, type);
    payload.putInt((int) Payload.PID, pid);
    payload.putInt((int) Payload.KIND, SegmentLayout.KIND_CLIENT_BACKEND);
    payload.putInt((int) Payload.IN_STATEMENT, 1);
    payload.putLong((int) Payload.STATEMENT_NUMBER, 3);
    payload.putInt((int) Payload.QUERY_ID_IS_SET, 1);
    payload.putLong((int) Payload.QUERY_ID, -77);
    payload.putInt((int) Payload.MODE, SegmentLayout.MODE_SHADOW);
    payload.putInt((int) Payload.DETAIL, 5 | 3 << 6 | 2 << 12);
    payload.putLong((int) Payload.LIMIT_BYTES, 100);
    payload.putLong((int) Payload.ALLOCATED_BYTES, 90);
    payload.putLong((int) Payload.PROCESS_ALLOCATED_BYTES, 40);
    payload.putLong((int) Payload.REQUESTED_BYTES, 20);
    payload.putLong((int) Payload.DENIALS_IN_STATEMENT, 2);
    payload.put((int) Payload.POLICY_ID, "talk@1".getBytes(StandardCharsets.UTF_8));
    long place = place(position);
    for (int word = 0; word < payload.capacity() / Long.BYTES; word++) {
      memory.setLong(place + Event.PAYLOAD + (long) word * 8, payload.getLong(word * Long.BYTES));
    }
    memory.setLong(place + Event.CHECKSUM, EventRing.checksum(2 * position + 2, payload));
    memory.setLong(place + Event.SEQUENCE, 2 * position + 2);
    memory.setLong(Header.RING_HEAD, Math.max(memory.getLong(Header.RING_HEAD), position + 1));
  }

  static long place(long position) {
    return RING_OFFSET + (position & (EVENTS - 1)) * Event.SIZE;
  }

  void setText(long offset, String text, int bytes) {
    ByteBuffer padded =
        ByteBuffer.wrap(Arrays.copyOf(text.getBytes(StandardCharsets.UTF_8), bytes))
            .order(ByteOrder.nativeOrder());
    for (int at = 0; at < bytes; at += Long.BYTES) {
      memory.setLong(offset + at, padded.getLong(at));
    }
  }

  @Override
  public void close() {
    memory.close();
    file.close();
  }
}
