package dev.headroom.collector.cgroup;

import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Gives what the kernel's memory files say our names and units. */
public final class CgroupFacts {

  /** v1 keys are the {@code total_} ones, because usage and limit hold for the whole subtree. */
  private static final Map<Fact, String> V1_STAT =
      Map.of(
          Fact.ANON, "total_rss",
          Fact.FILE, "total_cache",
          Fact.FILE_MAPPED, "total_mapped_file",
          Fact.ACTIVE_FILE, "total_active_file",
          Fact.INACTIVE_FILE, "total_inactive_file",
          Fact.SHMEM, "total_shmem",
          Fact.UNEVICTABLE, "total_unevictable",
          Fact.SWAP_CURRENT, "total_swap");

  private static final Map<Fact, String> V2_STAT =
      Map.ofEntries(
          Map.entry(Fact.ANON, "anon"),
          Map.entry(Fact.FILE, "file"),
          Map.entry(Fact.FILE_MAPPED, "file_mapped"),
          Map.entry(Fact.ACTIVE_FILE, "active_file"),
          Map.entry(Fact.INACTIVE_FILE, "inactive_file"),
          Map.entry(Fact.SHMEM, "shmem"),
          Map.entry(Fact.PAGE_TABLES, "pagetables"),
          Map.entry(Fact.SEC_PAGE_TABLES, "sec_pagetables"),
          Map.entry(Fact.KERNEL_STACK, "kernel_stack"),
          Map.entry(Fact.PERCPU, "percpu"),
          Map.entry(Fact.SOCK, "sock"),
          Map.entry(Fact.VMALLOC, "vmalloc"),
          Map.entry(Fact.SLAB, "slab"),
          Map.entry(Fact.SLAB_RECLAIMABLE, "slab_reclaimable"),
          Map.entry(Fact.SLAB_UNRECLAIMABLE, "slab_unreclaimable"),
          Map.entry(Fact.KERNEL, "kernel"),
          Map.entry(Fact.UNEVICTABLE, "unevictable"));

  private CgroupFacts() {}

  /** Adds every fact that {@code memory} holds. */
  public static void add(Facts.Builder facts, CgroupMemory memory) {
    switch (memory) {
      case CgroupMemory.V1 v1 -> {
        addKeys(facts, V1_STAT, v1.stat());
        set(facts, Fact.MEMORY_CURRENT, v1.usageInBytes());
        set(facts, Fact.MEMORY_PEAK, v1.maxUsageInBytes());
        set(facts, Fact.LIMIT_HITS, v1.failcnt());
        set(facts, Fact.KERNEL, v1.kmemUsageInBytes());
        set(facts, Fact.SOCK, v1.kmemTcpUsageInBytes());
        set(facts, Fact.OOM_KILLS, v1.oomControl().get("oom_kill"));
      }
      case CgroupMemory.V2 v2 -> {
        addKeys(facts, V2_STAT, v2.stat());
        set(facts, Fact.MEMORY_CURRENT, v2.current());
        set(facts, Fact.MEMORY_PEAK, v2.peak());
        set(facts, Fact.SWAP_CURRENT, v2.swapCurrent());
        set(facts, Fact.LIMIT_HITS, v2.events().get("max"));
        set(facts, Fact.OOM_KILLS, v2.events().get("oom_kill"));
        set(facts, Fact.OOM_GROUP_KILLS, v2.events().get("oom_group_kill"));
      }
    }
  }

  /** Adds how long tasks stalled. */
  public static void add(Facts.Builder facts, MemoryPressure pressure) {
    facts.set(Fact.PRESSURE_SOME, pressure.someTotalUs());
    facts.set(Fact.PRESSURE_FULL, pressure.fullTotalUs());
  }

  private static void addKeys(
      Facts.Builder facts, Map<Fact, String> keys, Map<String, Long> values) {
    keys.forEach((fact, key) -> set(facts, fact, values.get(key)));
  }

  private static void set(Facts.Builder facts, Fact fact, @Nullable Long value) {
    if (value != null) {
      facts.set(fact, value);
    }
  }
}
