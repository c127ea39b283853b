package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;

/**
 * The identity of a process in a replay.
 *
 * @param pid as the node sees it; 0 for the one pseudo-process of a recording that knows no
 *     processes
 * @param startTicks when it started, in clock ticks since boot
 * @param kind what it is for
 */
public record ReplayProcess(int pid, long startTicks, BackendKind kind) {}
