package dev.headroom.collector.guard;

import dev.headroom.collector.ffm.LibC;
import dev.headroom.collector.ffm.SharedMemory;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.GuardMode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Looks into a running server's segment beside the collector that leads it. */
public final class GuardProbe implements AutoCloseable {

  private final SharedMemory memory;
  private final GuardControl control;

  private GuardProbe(SharedMemory memory) {
    this.memory = memory;
    this.control = new GuardControl(memory, LibC::boottimeNs);
  }

  public static GuardProbe open(int postmasterPid) throws IOException {
    Path file =
        new ProcFs(Path.of("/proc"))
            .listDescriptors(postmasterPid, SegmentLayout.LINK_TARGET)
            .getFirst();
    return new GuardProbe(SharedMemory.map(file, GuardSegment.MAX_BYTES));
  }

  /** The limit that refuses now, in bytes; empty when none does. */
  public OptionalLong findLimitInForce() {
    return control.findLimitInForce();
  }

  /** Ends whatever the guard was told, as a lease that ran out would, only sooner. */
  public void letGo() throws IOException {
    control.push(new GuardOrder(GuardMode.OFF, Duration.ofNanos(1), Optional.empty(), List.of()));
  }

  @Override
  public void close() {
    memory.close();
  }
}
