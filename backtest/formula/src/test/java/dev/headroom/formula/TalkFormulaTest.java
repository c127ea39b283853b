package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The formula of the talk, in the ways people write it. */
class TalkFormulaTest {

  private static final double MIB = 1024 * 1024;

  /** 1 GiB in all, 128 MiB of it shared, 20 backends on 256 MiB of shared_buffers. */
  private static final Map<Input, Double> SAMPLE =
      new EnumMap<>(
          Map.of(
              Input.MEMORY_MAX, 1024 * MIB,
              Input.SHMEM, 128 * MIB,
              Input.SHARED_BUFFERS, 256 * MIB,
              Input.EFFECTIVE_CONNECTIONS, 20.0));

  /**
   * 256 MiB / 4 KiB = 65,536 pages, 8 bytes each: 0.5 MiB per backend, 10 MiB for 20. 1024 - (128 +
   * 10 + 100) = 786.
   */
  private static final double LIMIT = 786 * MIB;

  @Test
  void asTheDesignPrintsIt() {
    assertThat(
            limit(
                """
                page_tables = effective_connections * shared_buffers * 8 // 4096     # 8 bytes per 4 KiB page per backend
                slab_reserve = 100MiB
                limit = memory_max - (shmem + page_tables + slab_reserve)
                """))
        .isEqualTo(LIMIT);
  }

  @Test
  void asTheSlidePrintsItOnceKernelOverheadIsDefined() {
    assertThat(
            limit(
                """
                pagetables = effective_connections * shared_buffers_bytes * 8 // 4096
                slab        = 100 * 1024 * 1024
                kernel_overhead = pagetables + slab
                limit_bytes = total_ram - (shmem_bytes + kernel_overhead)
                """))
        .isEqualTo(LIMIT);
  }

  @Test
  void asOneBareExpression() {
    assertThat(
            limit(
                "total_ram - (shmem_bytes + effective_connections * shared_buffers_bytes * 8 // 4096"
                    + " + 100MiB)"))
        .isEqualTo(LIMIT);
  }

  private static double limit(String text) {
    Formula formula = Formula.parse(text);
    Evaluator evaluator = formula.newEvaluator();
    evaluator.observe(0, formula.inputs().stream().mapToDouble(SAMPLE::get).toArray());
    return evaluator.evaluate();
  }
}
