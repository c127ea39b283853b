package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.guard.SegmentLayout.Event;
import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.guard.SegmentLayout.Payload;
import dev.headroom.collector.kernel.BootClock;
import dev.headroom.model.BackendKind;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The events of a segment. Writers never wait for a reader: what was overwritten before it was read
 * is counted as lost, and so is what a writer began and did not end within a second.
 */
final class EventRing {

  private static final Duration WRITER_PATIENCE = Duration.ofSeconds(1);
  private static final int WORDS = (int) ((Event.SIZE - Event.PAYLOAD) / Long.BYTES);
  private static final long CHECKSUM_FACTOR = 0x9E37_79B9_7F4A_7C15L;

  private final SharedMemory memory;
  private final long offset;
  private final long bytesEach;
  private final long capacity;
  private final BootClock clock;
  private final Function<ByteBuffer, BackendKind> backendKind;
  private @Nullable Long waitingAt;
  private long waitingSinceNs;

  /**
   * What was read.
   *
   * @param position where to go on
   * @param lost events that can no longer be read
   * @param unknown events of types that a later guard writes
   */
  record Batch(List<RingEvent> events, long position, long lost, long unknown) {}

  /**
   * @param backendKind what the process of a payload is for
   */
  EventRing(
      SharedMemory memory,
      long offset,
      long bytesEach,
      long capacity,
      BootClock clock,
      Function<ByteBuffer, BackendKind> backendKind) {
    this.memory = memory;
    this.offset = offset;
    this.bytesEach = bytesEach;
    this.capacity = capacity;
    this.clock = clock;
    this.backendKind = backendKind;
  }

  /**
   * Reads on.
   *
   * @param from the position of the first event that was not read yet
   * @param atMost how many at once
   * @throws GuardRefusedException when the ring's own position makes no sense
   */
  Batch read(long from, int atMost) throws GuardRefusedException {
    long head = memory.getLong(Header.RING_HEAD);
    if (head < from) {
      throw new GuardRefusedException(
          "the guard's ring of events went back from position %d to %d".formatted(from, head));
    }
    long position = Math.max(from, head - capacity);
    long lost = position - from;
    long unknown = 0;
    List<RingEvent> events = new ArrayList<>();
    for (; position < head && events.size() < atMost; position++) {
      long place = offset + (position & (capacity - 1)) * bytesEach;
      long sequence = memory.getLong(place + Event.SEQUENCE);
      if (sequence < whole(position) && isAwaited(position)) {
        break;
      }
      Optional<ByteBuffer> payload = findPayload(place, position);
      if (payload.isEmpty()) {
        lost++;
        continue;
      }
      GuardEvent.@Nullable Kind kind = kind(payload.get().getInt((int) Payload.TYPE));
      if (kind == null) {
        unknown++;
      } else {
        events.add(event(kind, payload.get()));
      }
    }
    return new Batch(events, position, lost, unknown);
  }

  /** A writer is given its time, once per position. */
  private boolean isAwaited(long position) {
    long now = clock.boottimeNs();
    if (waitingAt == null || waitingAt != position) {
      waitingAt = position;
      waitingSinceNs = now;
    }
    return now - waitingSinceNs < WRITER_PATIENCE.toNanos();
  }

  /** The event at this position, unless another one is being or was written over it. */
  private Optional<ByteBuffer> findPayload(long place, long position) {
    ByteBuffer payload = ByteBuffer.allocate(WORDS * Long.BYTES).order(ByteOrder.nativeOrder());
    long checksum = memory.getLong(place + Event.CHECKSUM);
    for (int word = 0; word < WORDS; word++) {
      payload.putLong(memory.getLong(place + Event.PAYLOAD + (long) word * Long.BYTES));
    }
    boolean intact =
        checksum == checksum(whole(position), payload)
            && memory.getLong(place + Event.SEQUENCE) == whole(position);
    return intact ? Optional.of(payload) : Optional.empty();
  }

  private static long whole(long position) {
    return 2 * position + 2;
  }

  static long checksum(long sequence, ByteBuffer payload) {
    long hash = sequence;
    for (int word = 0; word < WORDS; word++) {
      hash = (hash ^ payload.getLong(word * Long.BYTES)) * CHECKSUM_FACTOR;
      hash ^= hash >>> 32;
    }
    return hash;
  }

  private RingEvent event(GuardEvent.Kind kind, ByteBuffer payload) {
    boolean ofAllocation = isOfAllocation(kind);
    String policyId = text(payload);
    boolean ofError =
        kind == GuardEvent.Kind.BLOCK
            || kind == GuardEvent.Kind.FATAL
            || kind == GuardEvent.Kind.PANIC;
    int detail = payload.getInt((int) Payload.DETAIL);
    return new RingEvent(
        payload.getLong((int) Payload.BOOTTIME_NS),
        kind,
        payload.getInt((int) Payload.PID),
        payload.getInt((int) Payload.IN_STATEMENT) == 0
            ? null
            : payload.getLong((int) Payload.STATEMENT_NUMBER),
        backendKind.apply(payload),
        payload.getInt((int) Payload.QUERY_ID_IS_SET) == 0
            ? null
            : payload.getLong((int) Payload.QUERY_ID),
        policyId.isEmpty() ? null : policyId,
        ofAllocation ? payload.getLong((int) Payload.LIMIT_BYTES) : null,
        ofAllocation ? payload.getLong((int) Payload.ALLOCATED_BYTES) : null,
        ofAllocation ? payload.getLong((int) Payload.PROCESS_ALLOCATED_BYTES) : null,
        ofAllocation ? payload.getLong((int) Payload.REQUESTED_BYTES) : null,
        mode(kind == GuardEvent.Kind.SWITCHED ? detail : payload.getInt((int) Payload.MODE)),
        ofAllocation ? payload.getLong((int) Payload.DENIALS_IN_STATEMENT) : null,
        ofError && detail != 0 ? sqlState(detail) : null);
  }

  private static boolean isOfAllocation(GuardEvent.Kind kind) {
    return switch (kind) {
      case DENIAL, BLOCK, WOULD_BLOCK, SOFT_DENIAL, FATAL, PANIC -> true;
      case LEASE_EXPIRED, LEASE_RENEWED, SWITCHED -> false;
    };
  }

  private static GuardEvent.@Nullable Kind kind(int type) {
    return switch (type) {
      case SegmentLayout.EVENT_DENIAL -> GuardEvent.Kind.DENIAL;
      case SegmentLayout.EVENT_WOULD_BLOCK -> GuardEvent.Kind.WOULD_BLOCK;
      case SegmentLayout.EVENT_BLOCK -> GuardEvent.Kind.BLOCK;
      case SegmentLayout.EVENT_SOFT_DENIAL -> GuardEvent.Kind.SOFT_DENIAL;
      case SegmentLayout.EVENT_FATAL -> GuardEvent.Kind.FATAL;
      case SegmentLayout.EVENT_PANIC -> GuardEvent.Kind.PANIC;
      case SegmentLayout.EVENT_LEASE_EXPIRED -> GuardEvent.Kind.LEASE_EXPIRED;
      case SegmentLayout.EVENT_LEASE_RENEWED -> GuardEvent.Kind.LEASE_RENEWED;
      case SegmentLayout.EVENT_SWITCHED -> GuardEvent.Kind.SWITCHED;
      default -> null;
    };
  }

  private static @Nullable GuardMode mode(int number) {
    return switch (number) {
      case SegmentLayout.MODE_OFF -> GuardMode.OFF;
      case SegmentLayout.MODE_SHADOW -> GuardMode.SHADOW;
      case SegmentLayout.MODE_ENFORCE -> GuardMode.ENFORCE;
      default -> null;
    };
  }

  /** Five characters of six bits each, the first one lowest, counted from {@code '0'}. */
  static String sqlState(int packed) {
    StringBuilder code = new StringBuilder();
    for (int character = 0; character < 5; character++) {
      code.append((char) ('0' + (packed >> (6 * character) & 0x3F)));
    }
    return code.toString();
  }

  private static String text(ByteBuffer payload) {
    byte[] bytes = new byte[SegmentLayout.POLICY_ID_BYTES];
    payload.get((int) Payload.POLICY_ID, bytes);
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }
}
