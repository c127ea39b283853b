package dev.headroom.collector.capture;

import java.util.Locale;

/** Why the kernel's OOM killer ran: {@code enum oom_constraint} of the kernel. */
public enum OomConstraint {
  /** The whole machine was out of memory. */
  NONE,
  /** The nodes of a cpuset were out of memory. */
  CPUSET,
  /** The nodes of a memory policy were out of memory. */
  MEMORY_POLICY,
  /** A memory cgroup was at its limit. */
  MEMCG;

  /** The name in rows, such as {@code memcg}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
