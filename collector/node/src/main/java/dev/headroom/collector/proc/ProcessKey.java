package dev.headroom.collector.proc;

/**
 * Names a process for ever: a pid is used again, a pid with its start is not.
 *
 * @param pid as the node sees it
 * @param startTicks clock ticks since boot at its start, field 22 of {@code /proc/<pid>/stat}
 */
public record ProcessKey(int pid, long startTicks) {}
