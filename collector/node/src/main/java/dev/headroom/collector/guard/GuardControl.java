package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.guard.SegmentLayout.Control;
import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.guard.SegmentLayout.Limit;
import dev.headroom.collector.kernel.BootClock;
import dev.headroom.model.GuardMode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.LockSupport;

/**
 * The part of a segment that says what the guard is to do. There are two copies, of which one is in
 * force; a writer fills in the other and then switches, so that the guard never acts on a mixture
 * and a writer that dies half way has changed nothing.
 */
final class GuardControl {

  /** A writer that needs longer has died. */
  private static final Duration WRITER_TIME = Duration.ofSeconds(1);

  /** Longer than any living writer needs; who waits holds up the samples of other instances. */
  private static final Duration PATIENCE = Duration.ofMillis(20);

  private static final Duration RETRY = Duration.ofMillis(1);
  private static final int MAX_READS = 100;

  private final SharedMemory memory;
  private final BootClock clock;

  GuardControl(SharedMemory memory, BootClock clock) {
    this.memory = memory;
    this.clock = clock;
  }

  /**
   * Tells the guard what to do from now on. What the server's own settings decide stays.
   *
   * @throws IOException when another writer does not let go
   */
  void push(GuardOrder order) throws IOException {
    long until = lock();
    long generation = memory.getLong(Header.CONTROL_GENERATION);
    long inForce = copy(generation);
    long next = copy(generation + 1);
    for (long offset = 0; offset < Control.SIZE; offset += Long.BYTES) {
      memory.setLong(next + offset, memory.getLong(inForce + offset));
    }
    memory.setInt(next + Control.MODE, number(order.mode()));
    memory.setInt(next + Control.LEASE_IS_SET, 1);
    memory.setLong(
        next + Control.LEASE_EXPIRES_BOOTTIME_NS, clock.boottimeNs() + order.lease().toNanos());
    write(next + Control.LIMIT, order.limit());
    for (int place = 0; place < SegmentLayout.SHADOW_LIMITS; place++) {
      write(
          next + Control.SHADOW + place * Limit.SIZE,
          place < order.shadows().size() ? order.shadows().get(place) : Optional.empty());
    }
    boolean switched =
        memory.compareAndSetLong(Header.CONTROL_GENERATION, generation, generation + 1);
    memory.compareAndSetLong(Header.CONTROL_WRITER_UNTIL_BOOTTIME_NS, until, 0);
    if (!switched) {
      throw new IOException(
          "the guard was told something else in the same moment; it is told again at the next sample");
    }
  }

  /** The limit that refuses now, in bytes; empty when none does. */
  OptionalLong findLimitInForce() {
    for (int read = 0; read < MAX_READS; read++) {
      long generation = memory.getLong(Header.CONTROL_GENERATION);
      OptionalLong limit = limitInForce(copy(generation));
      if (memory.getLong(Header.CONTROL_GENERATION) == generation) {
        return limit;
      }
    }
    return OptionalLong.empty();
  }

  /** Whether superusers are never refused. */
  boolean exemptsSuperusers() {
    return memory.getInt(
            copy(memory.getLong(Header.CONTROL_GENERATION)) + Control.EXEMPT_SUPERUSERS)
        != 0;
  }

  private OptionalLong limitInForce(long control) {
    int mode = Math.min(memory.getInt(control + Control.MODE), memory.getInt(Header.SWITCH_MODE));
    boolean holds =
        memory.getInt(control + Control.LEASE_IS_SET) == 0
            || memory.getInt(control + Control.FALLBACK) == SegmentLayout.FALLBACK_KEEP
            || memory.getLong(control + Control.LEASE_EXPIRES_BOOTTIME_NS) > clock.boottimeNs();
    long limit = control + Control.LIMIT;
    boolean refuses =
        mode == SegmentLayout.MODE_ENFORCE && holds && memory.getInt(limit + Limit.IS_SET) == 1;
    return refuses
        ? OptionalLong.of(memory.getLong(limit + Limit.LIMIT_BYTES))
        : OptionalLong.empty();
  }

  private String policyId(long limit) {
    return memory.getText(limit + Limit.POLICY_ID, PolicyLimit.MAX_POLICY_ID_BYTES);
  }

  private void write(long limit, Optional<PolicyLimit> wanted) {
    if (wanted.isEmpty()) {
      memory.setInt(limit + Limit.IS_SET, 0);
      return;
    }
    PolicyLimit given = wanted.get();
    if (!policyId(limit).equals(given.policyId())) {
      memory.setLong(
          limit + Limit.POLICY_GENERATION, memory.getLong(limit + Limit.POLICY_GENERATION) + 1);
      ByteBuffer id =
          ByteBuffer.allocate(SegmentLayout.POLICY_ID_BYTES).order(ByteOrder.nativeOrder());
      id.put(0, given.policyId().getBytes(StandardCharsets.UTF_8));
      for (int offset = 0; offset < SegmentLayout.POLICY_ID_BYTES; offset += Long.BYTES) {
        memory.setLong(limit + Limit.POLICY_ID + offset, id.getLong(offset));
      }
    }
    memory.setLong(limit + Limit.LIMIT_BYTES, given.limitBytes());
    memory.setInt(limit + Limit.IS_SET, 1);
  }

  /** Takes the right to write; returns until when. */
  private long lock() throws IOException {
    long giveUpAt = clock.boottimeNs() + PATIENCE.toNanos();
    while (true) {
      long now = clock.boottimeNs();
      long holder = memory.getLong(Header.CONTROL_WRITER_UNTIL_BOOTTIME_NS);
      long until = now + WRITER_TIME.toNanos();
      if (holder <= now
          && memory.compareAndSetLong(Header.CONTROL_WRITER_UNTIL_BOOTTIME_NS, holder, until)) {
        return until;
      }
      if (now >= giveUpAt) {
        throw new IOException(
            "another process changes what the guard is told since more than %d ms; it is tried again at the next sample"
                .formatted(PATIENCE.toMillis()));
      }
      LockSupport.parkNanos(RETRY.toNanos());
    }
  }

  private static long copy(long generation) {
    return Header.CONTROL + (generation & 1) * Control.SIZE;
  }

  static int number(GuardMode mode) {
    return switch (mode) {
      case OFF -> SegmentLayout.MODE_OFF;
      case SHADOW -> SegmentLayout.MODE_SHADOW;
      case ENFORCE -> SegmentLayout.MODE_ENFORCE;
    };
  }
}
