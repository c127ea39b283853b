package dev.headroom.formula;

import java.util.List;
import java.util.Optional;

/**
 * The formulas that ship with the product. Published ones were made for other limits than ours (a
 * container's request, a machine's overcommit); the page of each says how it was translated.
 */
public final class FormulaLibrary {

  private static final List<LibraryFormula> FORMULAS =
      List.of(
          new LibraryFormula(
              "talk",
              "What is left of the memory after shared memory, estimated page tables and a fixed slab reserve",
              """
              page_tables = effective_connections * shared_buffers * 8 // 4096     # 8 bytes per 4 KiB page per backend
              slab_reserve = 100MiB
              limit = memory_max - (shmem + page_tables + slab_reserve)
              """,
              "TigerData, \"Zooming in on OOM\", Swiss PGDay 2026, slide \"The new formula\"",
              "Every backend will sooner or later touch all of shared_buffers, so reserve its page tables in advance."),
          new LibraryFormula(
              "talk-measured",
              "The talk's formula with measured page tables and slab in place of the estimates",
              """
              shared = max(shmem, default(shared_memory, 0))        # the larger of what was touched and what is mapped
              slab_reserve = default(slab_unreclaimable, 100MiB)    # cgroup v1 does not tell: the talk's reserve
              limit = memory_max - (shared + page_tables + slab_reserve)
              """,
              "TigerData, \"Zooming in on OOM\", Swiss PGDay 2026, slides \"The new formula\" and \"Autotune v2\"",
              "The kernel knows its own memory better than an estimate does, if it is asked often enough."),
          new LibraryFormula(
              "neon",
              "Anonymous memory of everything stays below 85% of the memory",
              """
              param share = 85% in [50%, 100%]
              others = default(max(0, anon - allocated), 0)         # anonymous memory that is not held by queries
              limit = share * memory_max - others
              """,
              "Neon, libs/vm_monitor/src/cgroup.rs and runner.rs (cgroup_min_overhead_fraction 0.15)",
              "Page cache can be dropped, anonymous memory cannot: watch only that, and keep a fixed share free."),
          new LibraryFormula(
              "greenplum",
              "The vmem protect limit for one segment without swap, the machine's own reserve left out",
              """
              param os_reserve = 0B in [0B, 16GB]                   # 7.5 GB where the limit is a whole machine's
              usable = memory_max - (os_reserve + 5% * memory_max)
              limit = usable / (1.7 if memory_max < 256GB else 1.17)
              """,
              "Greenplum 6 and 7 reference, gp_vmem_protect_limit: ((SWAP + RAM) - (7.5GB + 0.05 * RAM)) / 1.7",
              "A share that was safe on many machines needs no measuring."),
          new LibraryFormula(
              "vpa",
              "The peak of the last daily windows plus 15%, at least 250 MB",
              """
              param margin = 15% in [0%, 100%]
              peak = max_over_time(default(allocated_peak, allocated), 3d)
              limit = max(250MB, peak * (1 + margin))
              """,
              "Kubernetes Vertical Pod Autoscaler, pkg/recommender (memory peaks of 24 h, half-life 24 h, safety margin 0.15)",
              "What queries needed lately is what they will need."),
          new LibraryFormula(
              "krr",
              "The peak of two weeks plus 15%, at least 100 MB",
              """
              param buffer = 15% in [0%, 100%]
              peak = max_over_time(default(allocated_peak, allocated), 14d)
              limit = max(100MB, peak * (1 + buffer))
              """,
              "Robusta KRR, robusta_krr/strategies/simple.py (max of the history, memory_buffer_percentage 15)",
              "Two weeks have seen every kind of load there is."),
          new LibraryFormula(
              "static-75",
              "Three quarters of the memory",
              "75% * memory_max\n",
              "common practice",
              "A quarter is enough for everything that is not a query."),
          new LibraryFormula(
              "static-90",
              "Nine tenths of the memory",
              "90% * memory_max\n",
              "common practice",
              "A tenth is enough for everything that is not a query."),
          new LibraryFormula(
              "floor",
              "What is left of the memory after the measured floor and a small margin",
              """
              param margin = 2% in [0%, 25%]
              # cgroup v2 tells the parts; v1 only their sum, which has reclaimable slab in it.
              parts = page_tables + kernel_stack + slab_unreclaimable + default(sec_page_tables, 0) \\
                  + default(percpu, 0) + default(sock, 0)
              kernel_floor = default(parts, default(kernel, page_tables))
              headroom = memory_max - (shmem + kernel_floor)
              limit = headroom - margin * memory_max
              """,
              "Headroom",
              "Hand out the headroom as it is now, whole, and be quick to take it back."));

  private FormulaLibrary() {}

  /** All formulas, the reference first. */
  public static List<LibraryFormula> list() {
    return FORMULAS;
  }

  /** The formula with this name. */
  public static Optional<LibraryFormula> find(String name) {
    return FORMULAS.stream().filter(formula -> formula.name().equals(name)).findFirst();
  }
}
