package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;

/**
 * The one pseudo-process of a recording that knows no processes: always in the same statement,
 * blockable.
 */
final class WholeCgroup {

  static final long STATEMENT = 1;

  private static final int PID = 0;
  private static final long START_TICKS = 0;

  private WholeCgroup() {}

  static TrackedProcess in(ProcessRegistry processes) {
    return processes.get(PID, START_TICKS, BackendKind.CLIENT_BACKEND);
  }
}
