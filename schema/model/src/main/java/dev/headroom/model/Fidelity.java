package dev.headroom.model;

/** How exactly a recording knows what processes hold; from best to worst. */
public enum Fidelity {
  /** The guard's account, with watermarks between samples. */
  GUARD,
  /** Resident anonymous memory of each process, without watermarks. */
  RESIDENT,
  /** Only the cgroup's anonymous memory: one pseudo-process, blockable. */
  CGROUP
}
