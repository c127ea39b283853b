package dev.headroom.model;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * One number about an instance that a sample may hold. The enum is the one list from which the
 * columns of {@code memory_sample}, of a recording's file and of the spool follow.
 *
 * <p>Recorded facts are for ever: add at the end, never retype and never rename.
 */
public enum Fact {
  MEMORY_CURRENT("memory_current", Unit.BYTES),
  MEMORY_PEAK("memory_peak", Unit.BYTES),
  SWAP_CURRENT("swap_current", Unit.BYTES),
  ANON("anon", Unit.BYTES),
  FILE("file", Unit.BYTES),
  FILE_MAPPED("file_mapped", Unit.BYTES),
  ACTIVE_FILE("active_file", Unit.BYTES),
  INACTIVE_FILE("inactive_file", Unit.BYTES),
  SHMEM("shmem", Unit.BYTES),
  PAGE_TABLES("page_tables", Unit.BYTES),
  SEC_PAGE_TABLES("sec_page_tables", Unit.BYTES),
  KERNEL_STACK("kernel_stack", Unit.BYTES),
  PERCPU("percpu", Unit.BYTES),
  SOCK("sock", Unit.BYTES),
  VMALLOC("vmalloc", Unit.BYTES),
  SLAB("slab", Unit.BYTES),
  SLAB_RECLAIMABLE("slab_reclaimable", Unit.BYTES),
  SLAB_UNRECLAIMABLE("slab_unreclaimable", Unit.BYTES),
  KERNEL("kernel", Unit.BYTES),
  UNEVICTABLE("unevictable", Unit.BYTES),
  /** PSI: cumulative time in which at least one task stalled on memory. */
  PRESSURE_SOME("pressure_some", Unit.MICROSECONDS),
  /** PSI: cumulative time in which every task stalled on memory. */
  PRESSURE_FULL("pressure_full", Unit.MICROSECONDS),
  /** The kernel's own count of OOM kills in this cgroup. */
  OOM_KILLS("oom_kills", Unit.COUNT),
  /** The kernel's own count of group kills ({@code memory.oom.group}); cgroup v2 only. */
  OOM_GROUP_KILLS("oom_group_kills", Unit.COUNT),
  /**
   * How often usage reached the limit: {@code max} in memory.events, {@code memory.failcnt} on v1.
   */
  LIMIT_HITS("limit_hits", Unit.COUNT),
  SHARED_BUFFERS("shared_buffers", Unit.BYTES),
  /** The size of Postgres's main shared memory segment. */
  SHARED_MEMORY("shared_memory", Unit.BYTES),
  MAX_CONNECTIONS("max_connections", Unit.COUNT),
  /** The guard's account of all query processes together; absent where no guard is loaded. */
  GUARD_ALLOCATED("guard_allocated", Unit.BYTES),
  /** The guard's watermark since the sample before. */
  GUARD_ALLOCATED_PEAK("guard_allocated_peak", Unit.BYTES),
  /** The limit in force in the guard. */
  GUARD_LIMIT("guard_limit", Unit.BYTES),
  /**
   * How long the collector meant to wait from this sample to the next; a sample that is much later
   * than that leaves a gap.
   */
  SAMPLING_WAIT("sampling_wait", Unit.MICROSECONDS);

  /** What a fact counts; the suffix of its column. */
  public enum Unit {
    BYTES("_bytes"),
    MICROSECONDS("_us"),
    COUNT("");

    private final String suffix;

    Unit(String suffix) {
      this.suffix = suffix;
    }
  }

  private static final Map<String, Fact> BY_INPUT_NAME =
      Arrays.stream(values()).collect(Collectors.toUnmodifiableMap(Fact::inputName, fact -> fact));

  private final String inputName;
  private final Unit unit;

  Fact(String inputName, Unit unit) {
    this.inputName = inputName;
    this.unit = unit;
  }

  /** The fact's name in a formula, such as {@code page_tables}. */
  public String inputName() {
    return inputName;
  }

  /**
   * The fact's name with its unit: the column in SQL, Parquet and JSON, such as {@code
   * page_tables_bytes}.
   */
  public String columnName() {
    return inputName + unit.suffix;
  }

  public Unit unit() {
    return unit;
  }

  /** The fact that formulas know by this name, if there is one. */
  public static Optional<Fact> findByInputName(String inputName) {
    return Optional.ofNullable(BY_INPUT_NAME.get(inputName));
  }
}
