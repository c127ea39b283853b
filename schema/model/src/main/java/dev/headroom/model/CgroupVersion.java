package dev.headroom.model;

/**
 * The cgroup interface through which an instance's memory is limited. A hybrid node says which of
 * the two holds it.
 */
public enum CgroupVersion {
  V1,
  V2
}
