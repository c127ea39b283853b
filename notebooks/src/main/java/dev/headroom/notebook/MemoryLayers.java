package dev.headroom.notebook;

import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * What fills an instance's memory, in layers that do not overlap, by the rules of the dashboard's
 * picture; in bytes.
 *
 * @param shmem shared memory that was touched
 * @param pageTables of all processes
 * @param kernel what else the kernel charged: stacks, slab, sockets
 * @param query what queries hold: by the guard's account, else all anonymous memory
 * @param retained anonymous memory that no query holds any more; 0 without a guard
 * @param file page cache, which the kernel can take back
 */
public record MemoryLayers(
    long shmem, long pageTables, long kernel, long query, long retained, long file) {

  private static final List<Fact> KERNEL_PARTS =
      List.of(
          Fact.KERNEL_STACK,
          Fact.SLAB_UNRECLAIMABLE,
          Fact.SOCK,
          Fact.PERCPU,
          Fact.SEC_PAGE_TABLES,
          Fact.VMALLOC);

  /** Of one sample; a fact that is absent fills nothing. */
  public static MemoryLayers of(Sample sample) {
    Facts facts = sample.facts();
    long shmem = orZero(facts.find(Fact.SHMEM));
    long pageTables = orZero(facts.find(Fact.PAGE_TABLES));
    long anon = orZero(facts.find(Fact.ANON));
    OptionalLong accounted = facts.find(Fact.GUARD_ALLOCATED);
    // The guard also accounts shared memory of parallel queries, which is in another layer.
    long query = accounted.isPresent() ? Math.min(accounted.getAsLong(), anon) : anon;
    return new MemoryLayers(
        shmem,
        pageTables,
        kernel(facts, pageTables),
        query,
        anon - query,
        Math.max(orZero(facts.find(Fact.FILE)) - shmem, 0));
  }

  /** cgroup v2 tells parts; v1 one number with the page tables in it. */
  private static long kernel(Facts facts, long pageTables) {
    return facts.has(Fact.KERNEL_STACK) || facts.has(Fact.SLAB_UNRECLAIMABLE)
        ? KERNEL_PARTS.stream().mapToLong(part -> orZero(facts.find(part))).sum()
        : Math.max(orZero(facts.find(Fact.KERNEL)) - pageTables, 0);
  }

  /** All layers together. */
  public long total() {
    return shmem + pageTables + kernel + query + retained + file;
  }

  /** By the names of a reader, from the bottom of the picture to its top. */
  public Map<String, Long> byName() {
    Map<String, Long> layers = new LinkedHashMap<>();
    layers.put("shared memory", shmem);
    layers.put("page tables", pageTables);
    layers.put("kernel", kernel);
    layers.put("query memory", query);
    layers.put("kept by the allocator", retained);
    layers.put("file cache", file);
    return layers;
  }

  /** What one process holds: by the guard's account, else its resident anonymous memory. */
  public static long held(ProcessSample process) {
    return Objects.requireNonNullElse(
        process.guardAllocatedBytes(), Objects.requireNonNullElse(process.residentAnonBytes(), 0L));
  }

  private static long orZero(OptionalLong bytes) {
    return bytes.orElse(0);
  }
}
