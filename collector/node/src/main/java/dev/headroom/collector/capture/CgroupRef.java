package dev.headroom.collector.capture;

import org.jspecify.annotations.Nullable;

/**
 * A memory cgroup as the kernel named it at a kill.
 *
 * @param id the kernel's id, which is the inode number of its directory
 * @param path from the root of its hierarchy, such as {@code /kubepods/pod7/postgres}; {@code /} is
 *     the root
 */
public record CgroupRef(@Nullable Long id, @Nullable String path) {}
