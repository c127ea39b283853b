package dev.headroom.collector.capture;

import org.jspecify.annotations.Nullable;

/**
 * A process as the kernel named it at a kill.
 *
 * @param pid the process (thread group) id as the node sees it
 * @param namespacePid the same in the process's own pid namespace
 * @param comm the kernel's name of the task, at most 15 bytes, any bytes but NUL
 * @param startBoottimeNs when it started, {@code CLOCK_BOOTTIME} ns; with the pid it names the
 *     process once and for all
 * @param uid the user it ran as, in the initial user namespace
 */
public record OomTask(
    int pid,
    @Nullable Integer namespacePid,
    @Nullable String comm,
    @Nullable Long startBoottimeNs,
    @Nullable Integer uid) {

  /** A process of which only the pid and perhaps the name are known. */
  public static OomTask of(int pid, @Nullable String comm) {
    return new OomTask(pid, null, comm, null, null);
  }
}
