package dev.headroom.collector.capture;

import org.jspecify.annotations.Nullable;

/**
 * The memory cgroup whose limit made the killer run.
 *
 * @param cgroup which one
 * @param memoryMaxBytes its limit at the kill
 * @param usageBytes its usage at the kill; the kernel had tried to reclaim before
 */
public record LimitHit(
    CgroupRef cgroup, @Nullable Long memoryMaxBytes, @Nullable Long usageBytes) {}
