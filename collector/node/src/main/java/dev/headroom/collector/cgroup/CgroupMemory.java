package dev.headroom.collector.cgroup;

import dev.headroom.model.MemoryLimit;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the memory files of one cgroup said at one moment. Names are the files' own; a file that was
 * not there or not readable is absent, a keyed one without keys.
 */
public sealed interface CgroupMemory {

  /** The cgroup's own limit, without those above it. */
  @Nullable MemoryLimit limit();

  /**
   * cgroup v1, {@code Documentation/admin-guide/cgroup-v1/memory.rst}.
   *
   * @param usageInBytes {@code memory.usage_in_bytes}
   * @param maxUsageInBytes {@code memory.max_usage_in_bytes}
   * @param limitInBytes {@code memory.limit_in_bytes}
   * @param failcnt {@code memory.failcnt}
   * @param kmemUsageInBytes {@code memory.kmem.usage_in_bytes}
   * @param kmemTcpUsageInBytes {@code memory.kmem.tcp.usage_in_bytes}
   * @param stat {@code memory.stat}, bytes
   * @param oomControl {@code memory.oom_control}
   */
  record V1(
      @Nullable Long usageInBytes,
      @Nullable Long maxUsageInBytes,
      @Nullable MemoryLimit limitInBytes,
      @Nullable Long failcnt,
      @Nullable Long kmemUsageInBytes,
      @Nullable Long kmemTcpUsageInBytes,
      Map<String, Long> stat,
      Map<String, Long> oomControl)
      implements CgroupMemory {

    @Override
    public @Nullable MemoryLimit limit() {
      return limitInBytes;
    }
  }

  /**
   * cgroup v2, {@code Documentation/admin-guide/cgroup-v2.rst}.
   *
   * @param current {@code memory.current}
   * @param peak {@code memory.peak}
   * @param max {@code memory.max}
   * @param swapCurrent {@code memory.swap.current}
   * @param stat {@code memory.stat}, bytes
   * @param events {@code memory.events}
   * @param oomGroup {@code memory.oom.group}, 0 or 1
   */
  record V2(
      @Nullable Long current,
      @Nullable Long peak,
      @Nullable MemoryLimit max,
      @Nullable Long swapCurrent,
      Map<String, Long> stat,
      Map<String, Long> events,
      @Nullable Long oomGroup)
      implements CgroupMemory {

    @Override
    public @Nullable MemoryLimit limit() {
      return max;
    }
  }
}
