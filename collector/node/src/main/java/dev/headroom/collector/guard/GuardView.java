package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.LibC;
import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.guard.SegmentLayout.Control;
import dev.headroom.collector.guard.SegmentLayout.Header;
import dev.headroom.collector.guard.SegmentLayout.Limit;
import dev.headroom.collector.kernel.BootClock;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.GuardMode;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A look at the guard of a running server that changes nothing there: unlike {@link GuardLink} it
 * leaves the watermarks to the collector.
 */
public final class GuardView implements Closeable {

  private static final int MAX_READS = 100;

  private final SharedMemory memory;
  private final BootClock clock;

  private GuardView(SharedMemory memory, BootClock clock) {
    this.memory = memory;
    this.clock = clock;
  }

  /**
   * Opens the guard of a server.
   *
   * @param postmasterPid its first process, as this machine sees it
   * @return empty when it has none
   * @throws IOException when it has one that may not be read or that is of another version
   */
  public static Optional<GuardView> open(ProcFs proc, int postmasterPid) throws IOException {
    for (Path file : proc.listDescriptors(postmasterPid, SegmentLayout.LINK_TARGET)) {
      SharedMemory memory = SharedMemory.map(file, GuardSegment.MAX_BYTES);
      if (memory.byteSize() >= Header.SIZE && memory.getInt(Header.READY) == 1) {
        GuardView view = new GuardView(memory, LibC::boottimeNs);
        boolean known = false;
        try {
          GuardSegment.checkIdentity(file, memory);
          known = true;
        } finally {
          if (!known) {
            view.close();
          }
        }
        return Optional.of(view);
      }
      memory.close();
    }
    return Optional.empty();
  }

  /** What it says now. */
  public GuardStatus status() {
    for (int read = 0; ; read++) {
      long generation = memory.getLong(Header.CONTROL_GENERATION);
      GuardStatus status = status(Header.CONTROL + (generation & 1) * Control.SIZE);
      if (memory.getLong(Header.CONTROL_GENERATION) == generation || read == MAX_READS) {
        return status;
      }
    }
  }

  private GuardStatus status(long control) {
    boolean expired =
        memory.getInt(control + Control.LEASE_IS_SET) == 1
            && memory.getLong(control + Control.LEASE_EXPIRES_BOOTTIME_NS) <= clock.boottimeNs();
    return new GuardStatus(
        memory.getInt(Header.SERVER_VERSION_NUM),
        mode(control, expired),
        limit(control + Control.LIMIT),
        expired,
        memory.getLong(Header.LIMITED_BYTES),
        memory.getLong(Header.OTHERS_BYTES),
        memory.getInt(Header.ATTACHED_SLOTS),
        counters(),
        memory.getLong(Header.SLOTS_EXHAUSTED)
            + memory.getLong(Header.REGIONS_UNCOUNTED)
            + memory.getLong(Header.DSM_UNCOUNTED));
  }

  private GuardMode mode(long control, boolean expired) {
    int allowed =
        Math.min(memory.getInt(control + Control.MODE), memory.getInt(Header.SWITCH_MODE));
    boolean refuses =
        !expired || memory.getInt(control + Control.FALLBACK) == SegmentLayout.FALLBACK_KEEP;
    return switch (allowed) {
      case SegmentLayout.MODE_OFF -> GuardMode.OFF;
      case SegmentLayout.MODE_ENFORCE -> refuses ? GuardMode.ENFORCE : GuardMode.SHADOW;
      default -> GuardMode.SHADOW;
    };
  }

  private Optional<PolicyLimit> limit(long limit) {
    return memory.getInt(limit + Limit.IS_SET) == 0
        ? Optional.empty()
        : Optional.of(
            new PolicyLimit(
                memory.getText(limit + Limit.POLICY_ID, PolicyLimit.MAX_POLICY_ID_BYTES),
                memory.getLong(limit + Limit.LIMIT_BYTES)));
  }

  private GuardStatus.Counters counters() {
    return new GuardStatus.Counters(
        memory.getLong(Header.DENIALS),
        memory.getLong(Header.BLOCKS),
        memory.getLong(Header.WOULD_BLOCKS),
        memory.getLong(Header.SOFT_DENIALS),
        memory.getLong(Header.FATALS),
        memory.getLong(Header.PANICS),
        memory.getLong(Header.WAIVERS),
        memory.getLong(Header.BREACHES));
  }

  @Override
  public void close() {
    memory.close();
  }
}
