package dev.headroom.engine.kernel;

import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import java.util.List;

/**
 * What the kernel charged that queries do not control, and what remains for them.
 *
 * <p>On cgroup v2 the floor is shmem + page_tables + kernel_stack + slab_unreclaimable + sock, and
 * percpu, sec_page_tables and vmalloc where the kernel reports them (older ones do not charge
 * them). On v1 it is shmem + kernel, because v1 splits its kernel memory no further.
 */
final class Floor {

  private static final List<Fact> V1_PARTS = List.of(Fact.SHMEM, Fact.KERNEL);
  private static final List<Fact> V2_PARTS =
      List.of(Fact.SHMEM, Fact.PAGE_TABLES, Fact.KERNEL_STACK, Fact.SLAB_UNRECLAIMABLE, Fact.SOCK);
  private static final List<Fact> V2_PARTS_OF_NEWER_KERNELS =
      List.of(Fact.PERCPU, Fact.SEC_PAGE_TABLES, Fact.VMALLOC);

  private Floor() {}

  /**
   * Memory that could be handed to queries at each sample, in bytes; NaN when a part of the floor
   * is absent or memory is unlimited.
   */
  static void headroom(SampleChunk samples, CgroupVersion version, double[] headroomBytes) {
    for (int i = 0; i < samples.size; i++) {
      double memoryMax = samples.memoryMax[i];
      headroomBytes[i] = Double.isInfinite(memoryMax) ? Double.NaN : memoryMax;
    }
    for (Fact part : version == CgroupVersion.V1 ? V1_PARTS : V2_PARTS) {
      double[] bytes = samples.fact(part);
      for (int i = 0; i < samples.size; i++) {
        headroomBytes[i] -= bytes[i];
      }
    }
    if (version == CgroupVersion.V2) {
      for (Fact part : V2_PARTS_OF_NEWER_KERNELS) {
        double[] bytes = samples.fact(part);
        for (int i = 0; i < samples.size; i++) {
          headroomBytes[i] -= Double.isNaN(bytes[i]) ? 0 : bytes[i];
        }
      }
    }
  }
}
