package dev.headroom.collector;

import dev.headroom.collector.guard.GuardCursor;
import dev.headroom.collector.kill.KillSettler;
import dev.headroom.collector.sampling.ProcessCache;
import dev.headroom.collector.state.CollectorState;
import dev.headroom.collector.state.StateFile;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes down what the parts of a running collector must know again after its death. */
final class CollectorStateKeeper {

  /** The parts. */
  private record Parts(
      InstanceRegistry registry,
      ProcessCache processes,
      ReadyWatch readyWatch,
      KillSettler settler,
      CaptureDuty capture,
      GuardEventDuty guardEvents) {}

  private final String bootId;
  private final StateFile file;
  private @Nullable Parts parts;

  CollectorStateKeeper(String bootId, StateFile file) {
    this.bootId = bootId;
    this.file = file;
  }

  /** What an earlier collector knew; damage is told and costs only what was remembered. */
  CollectorState read(EventRecorder recorder) {
    try {
      return file.find(bootId).orElse(CollectorState.empty(bootId));
    } catch (IOException damaged) {
      recorder.fail(null, damaged);
      return CollectorState.empty(bootId);
    }
  }

  synchronized void watch(
      InstanceRegistry registry,
      ProcessCache processes,
      ReadyWatch readyWatch,
      KillSettler settler,
      CaptureDuty capture,
      GuardEventDuty guardEvents) {
    parts = new Parts(registry, processes, readyWatch, settler, capture, guardEvents);
  }

  synchronized void write() throws IOException {
    Parts watched = parts;
    if (watched == null) {
      return;
    }
    Map<String, Long> counters = new HashMap<>();
    watched.settler().accountedFor().forEach((id, count) -> counters.put(id.toString(), count));
    Map<String, GuardCursor> cursors = new HashMap<>();
    watched.guardEvents().cursors().forEach((id, cursor) -> cursors.put(id.toString(), cursor));
    file.write(
        new CollectorState(
            bootId,
            List.copyOf(watched.registry().listKnown()),
            watched.processes().list(),
            watched.readyWatch().list(),
            counters,
            watched.capture().cursor(),
            cursors));
  }
}
