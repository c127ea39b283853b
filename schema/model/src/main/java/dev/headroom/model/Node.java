package dev.headroom.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A machine (or VM) with one collector. The key is the name; a later row brings the others up to
 * date.
 *
 * @param name what the node calls itself; unique in the fleet
 * @param bootId the kernel's {@code /proc/sys/kernel/random/boot_id}
 * @param kernelRelease as {@code uname -r} prints it
 * @param memoryTotalBytes the machine's memory, when known
 * @param captureSource how OOM kills are captured now, such as {@code tp_btf}; absent before a
 *     source was opened
 * @param observedAt when this was read
 */
public record Node(
    String name,
    String bootId,
    String kernelRelease,
    @Nullable Long memoryTotalBytes,
    @Nullable String captureSource,
    Instant observedAt)
    implements Observation {}
