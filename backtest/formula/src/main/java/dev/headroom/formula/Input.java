package dev.headroom.formula;

import static dev.headroom.formula.Dimension.BYTES;
import static dev.headroom.formula.Dimension.COUNT;
import static dev.headroom.formula.Dimension.DURATION;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The inputs a formula may read: what one sample says about one instance. A value that the machine
 * does not offer is absent, never 0.
 *
 * <p>Each input is found by its name, by its aliases and, if it is in bytes, by its name with
 * {@code _bytes} appended. Sources are named as the kernel names them: cgroup v1 keys are those of
 * the hierarchy ({@code total_*}).
 */
public enum Input {
  MEMORY_MAX(
      BYTES,
      "the memory limit of the instance's cgroup; absent when unlimited",
      "memory.limit_in_bytes",
      "memory.max",
      "total_ram",
      "memory.max"),
  MEMORY_CURRENT(
      BYTES,
      "everything charged to the cgroup now, page cache included",
      "memory.usage_in_bytes",
      "memory.current",
      "memory.current"),
  MEMORY_PEAK(
      BYTES,
      "the highest memory_current since the cgroup was made",
      "memory.max_usage_in_bytes",
      "memory.peak",
      "memory.peak"),
  SWAP_CURRENT(
      BYTES,
      "swap used by the cgroup",
      "memory.stat total_swap",
      "memory.swap.current",
      "memory.swap.current"),
  ANON(
      BYTES,
      "anonymous memory: heaps and stacks of all processes",
      "memory.stat total_rss",
      "memory.stat anon"),
  FILE(BYTES, "page cache, shmem included", "memory.stat total_cache", "memory.stat file"),
  FILE_MAPPED(
      BYTES,
      "page cache that is mapped into processes",
      "memory.stat total_mapped_file",
      "memory.stat file_mapped",
      "mapped_file"),
  ACTIVE_FILE(
      BYTES,
      "page cache the kernel would rather keep",
      "memory.stat total_active_file",
      "memory.stat active_file"),
  INACTIVE_FILE(
      BYTES,
      "page cache the kernel drops first",
      "memory.stat total_inactive_file",
      "memory.stat inactive_file"),
  SHMEM(
      BYTES,
      "shared memory that was touched: shared_buffers, dynamic shared memory, tmpfs",
      "memory.stat total_shmem",
      "memory.stat shmem"),
  PAGE_TABLES(
      BYTES,
      "page tables; each backend pays for the shared_buffers it touched",
      "sum of VmPTE in /proc/PID/status over the cgroup's processes",
      "memory.stat pagetables",
      "pagetables"),
  SEC_PAGE_TABLES(
      BYTES,
      "secondary page tables (KVM, IOMMU)",
      "absent",
      "memory.stat sec_pagetables",
      "sec_pagetables"),
  KERNEL_STACK(BYTES, "kernel stacks, one per process", "absent", "memory.stat kernel_stack"),
  PERCPU(BYTES, "per-CPU kernel structures", "absent", "memory.stat percpu"),
  SOCK(BYTES, "network buffers", "absent", "memory.stat sock"),
  VMALLOC(BYTES, "memory mapped by the kernel for itself", "absent", "memory.stat vmalloc"),
  SLAB(BYTES, "kernel objects, reclaimable ones included", "absent", "memory.stat slab"),
  SLAB_RECLAIMABLE(
      BYTES,
      "kernel objects that can be dropped under pressure: dentries, inodes",
      "absent",
      "memory.stat slab_reclaimable"),
  SLAB_UNRECLAIMABLE(
      BYTES, "kernel objects that cannot be dropped", "absent", "memory.stat slab_unreclaimable"),
  KERNEL(
      BYTES,
      "all kernel memory: slab, page tables, stacks and more",
      "memory.kmem.usage_in_bytes",
      "memory.stat kernel"),
  UNEVICTABLE(
      BYTES, "memory that is locked", "memory.stat total_unevictable", "memory.stat unevictable"),
  SHARED_BUFFERS(
      BYTES,
      "Postgres's shared_buffers as configured",
      "Postgres: guard segment or configuration",
      "Postgres: guard segment or configuration"),
  SHARED_MEMORY(
      BYTES,
      "Postgres's whole shared memory segment, touched or not",
      "Postgres: guard segment or configuration",
      "Postgres: guard segment or configuration"),
  ALLOCATED(
      BYTES,
      "held by query processes: the guard's account, or their resident anonymous memory where there is no guard",
      "guard segment, else /proc/PID/status",
      "guard segment, else /proc/PID/status"),
  ALLOCATED_PEAK(
      BYTES,
      "the highest allocated since the sample before; without a guard, allocated itself",
      "guard segment, else as allocated",
      "guard segment, else as allocated"),
  CONNECTIONS(COUNT, "client backends", "process titles", "process titles"),
  ACTIVE_CONNECTIONS(COUNT, "client backends in a statement", "process titles", "process titles"),
  EFFECTIVE_CONNECTIONS(
      COUNT,
      "client backends plus parallel workers: what maps shared_buffers for queries",
      "process titles",
      "process titles"),
  PROCESSES(COUNT, "all processes of the instance", "cgroup.procs", "cgroup.procs"),
  MAX_CONNECTIONS(
      COUNT,
      "Postgres's max_connections as configured",
      "Postgres: guard segment or configuration",
      "Postgres: guard segment or configuration"),
  PRESSURE_SOME(
      DURATION,
      "time for which at least one process waited for memory; only ever grows, so take its rate",
      "absent",
      "memory.pressure, some total"),
  PRESSURE_FULL(
      DURATION,
      "time for which all processes waited for memory at once; only ever grows, so take its rate",
      "absent",
      "memory.pressure, full total");

  private static final Map<String, Input> BY_NAME = byName();

  private final String inputName;
  private final Dimension dimension;
  private final String meaning;
  private final String sourceV1;
  private final String sourceV2;

  @SuppressWarnings("ImmutableEnumChecker") // a List.copyOf
  private final List<String> aliases;

  Input(Dimension dimension, String meaning, String sourceV1, String sourceV2, String... aliases) {
    this.inputName = name().toLowerCase(Locale.ROOT);
    this.dimension = dimension;
    this.meaning = meaning;
    this.sourceV1 = sourceV1;
    this.sourceV2 = sourceV2;
    var all = new ArrayList<>(List.of(aliases));
    if (dimension == BYTES) {
      all.add(inputName + "_bytes");
    }
    this.aliases = List.copyOf(all);
  }

  /** The name formulas use, as in {@code memory_max}. */
  public String inputName() {
    return inputName;
  }

  /** What it measures; says the unit of its values. */
  public Dimension dimension() {
    return dimension;
  }

  /** Other names a formula may use for it. */
  public List<String> aliases() {
    return aliases;
  }

  /** One phrase that says what the value is. */
  public String meaning() {
    return meaning;
  }

  /** Where the value comes from on cgroup v1; "absent" if v1 does not have it. */
  public String sourceV1() {
    return sourceV1;
  }

  /** Where the value comes from on cgroup v2. */
  public String sourceV2() {
    return sourceV2;
  }

  /** The input with this name or alias. */
  public static Optional<Input> find(String nameOrAlias) {
    return Optional.ofNullable(BY_NAME.get(nameOrAlias));
  }

  private static Map<String, Input> byName() {
    var byName = new HashMap<String, Input>();
    for (Input input : values()) {
      byName.put(input.inputName, input);
      input.aliases.forEach(alias -> byName.put(alias, input));
    }
    return Map.copyOf(byName);
  }
}
