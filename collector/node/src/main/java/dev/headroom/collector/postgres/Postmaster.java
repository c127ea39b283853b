package dev.headroom.collector.postgres;

import dev.headroom.collector.proc.ProcessKey;
import org.jspecify.annotations.Nullable;

/**
 * A running Postgres server.
 *
 * @param key its first process
 * @param namespacePid that process as the server itself sees it
 * @param cgroupPath its memory cgroup, as {@code /proc/<pid>/cgroup} says it
 * @param unifiedCgroupPath its cgroup in the version 2 hierarchy, on version 2 the same
 * @param dataDirectory as the server itself sees it
 * @param port the TCP port
 * @param version such as {@code 17.11}
 */
public record Postmaster(
    ProcessKey key,
    int namespacePid,
    String cgroupPath,
    @Nullable String unifiedCgroupPath,
    String dataDirectory,
    @Nullable Integer port,
    @Nullable String version) {

  public int pid() {
    return key.pid();
  }
}
