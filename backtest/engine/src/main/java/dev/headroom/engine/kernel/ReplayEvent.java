package dev.headroom.engine.kernel;

import dev.headroom.model.OomKill;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What happened to an instance between samples, in nanoseconds since the epoch. */
sealed interface ReplayEvent {

  long timeNs();

  /** At one instant a denial comes before a kill, and a kill before the instance is ready. */
  default int rank() {
    return switch (this) {
      case Denial _ -> 0;
      case KillRow _ -> 1;
      case Ready _ -> 2;
    };
  }

  /**
   * The live guard denied an allocation.
   *
   * @param limitBytes the limit it did so under; absent when nobody wrote it down
   */
  record Denial(long timeNs, @Nullable Long limitBytes) implements ReplayEvent {}

  /** The kernel killed a process of the instance. */
  record KillRow(long timeNs, OomKill row) implements ReplayEvent {}

  /** Postgres accepts connections again. */
  record Ready(long timeNs) implements ReplayEvent {}

  /**
   * A kill, put together with the rest of its incident and the processes known by then.
   *
   * @param victim the victim
   * @param endsInstance whether Postgres restarts because of it
   * @param allocatedBytes what the kill tells of each process
   * @param instanceAllocatedBytes what the kill tells of all processes together
   * @param memoryMaxBytes the limit that was hit, when the kill tells it
   */
  record Kill(
      long timeNs,
      UUID killId,
      UUID incidentId,
      TrackedProcess victim,
      boolean endsInstance,
      Map<TrackedProcess, Long> allocatedBytes,
      @Nullable Long instanceAllocatedBytes,
      @Nullable Long memoryMaxBytes) {}
}
