package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class FormulaLibraryTest {

  private static final double MIB = 1024 * 1024;

  /** An instance with 1 GiB, as cgroup v2 and a guard show it; MiB. */
  private static final Map<Input, Double> V2 =
      sample(
          Map.ofEntries(
              Map.entry(Input.MEMORY_MAX, 1024.0),
              Map.entry(Input.SHMEM, 128.0),
              Map.entry(Input.SHARED_BUFFERS, 256.0),
              Map.entry(Input.SHARED_MEMORY, 280.0),
              Map.entry(Input.PAGE_TABLES, 6.0),
              Map.entry(Input.KERNEL_STACK, 2.0),
              Map.entry(Input.SLAB_UNRECLAIMABLE, 20.0),
              Map.entry(Input.SLAB, 60.0),
              Map.entry(Input.SOCK, 1.0),
              Map.entry(Input.PERCPU, 3.0),
              Map.entry(Input.KERNEL, 75.0),
              Map.entry(Input.ANON, 240.0),
              Map.entry(Input.ALLOCATED, 200.0),
              Map.entry(Input.ALLOCATED_PEAK, 400.0)));

  private static Map<Input, Double> sample(Map<Input, Double> mebibytes) {
    var sample = new EnumMap<Input, Double>(Input.class);
    mebibytes.forEach((input, value) -> sample.put(input, value * MIB));
    sample.put(Input.EFFECTIVE_CONNECTIONS, 20.0);
    return sample;
  }

  static List<LibraryFormula> formulas() {
    return FormulaLibrary.list();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // 20 backends * 65,536 pages * 8 bytes = 10 MiB; 1024 - (128 + 10 + 100)
        "talk          | 786",
        // the larger of 128 and 280; 1024 - (280 + 6 + 20)
        "talk-measured | 718",
        // 0.85 * 1024 = 870.4, less the 240 - 200 of others
        "neon          | 830.4",
        // 0.95 * 1024 / 1.7
        "greenplum     | 572.235294117647",
        // 400 * 1.15, above 250 MB
        "vpa           | 460",
        "krr           | 460",
        "static-75     | 768",
        "static-90     | 921.6",
        // 6 + 2 + 20 + 0 + 3 + 1 = 32; 1024 - 128 - 32 = 864, less 2% of 1024 = 20.48
        "floor         | 843.52",
      })
  void limits_onCgroupV2_areAsWorkedByHand(String name, double expectedMebibytes) {
    assertThat(limit(name, V2) / MIB).isEqualTo(expectedMebibytes, offset(1e-9));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "talk          | 786",
        // no slab: the talk's 100; 1024 - (280 + 6 + 100)
        "talk-measured | 638",
        "neon          | 830.4",
        "vpa           | 460",
        // the sum of all kernel memory stands for its parts: 1024 - 128 - 75 - 20.48
        "floor         | 800.52",
      })
  void limits_onCgroupV1_goWithoutWhatItDoesNotTell(String name, double expectedMebibytes) {
    var v1 = new EnumMap<>(V2);
    v1.keySet().removeIf(input -> input.sourceV1().equals("absent"));
    assertThat(v1).hasSizeLessThan(V2.size()).containsKey(Input.KERNEL);
    assertThat(limit(name, v1) / MIB).isEqualTo(expectedMebibytes, offset(1e-9));
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void limits_onCgroupV1_areFinite(LibraryFormula library) {
    var v1 = new EnumMap<>(V2);
    v1.keySet().removeIf(input -> input.sourceV1().equals("absent"));
    assertThat(limit(library.name(), v1)).isFinite().isPositive();
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void limits_withoutAGuard_areFinite(LibraryFormula library) {
    var resident = new EnumMap<>(V2);
    resident.remove(Input.ALLOCATED_PEAK);
    assertThat(limit(library.name(), resident)).isFinite().isPositive();
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void limits_withoutAMemoryMax_areNoNumberOrDoNotNeedIt(LibraryFormula library) {
    var unlimited = new EnumMap<>(V2);
    unlimited.remove(Input.MEMORY_MAX);
    boolean needed = library.formula().inputs().contains(Input.MEMORY_MAX);
    assertThat(Double.isNaN(limit(library.name(), unlimited))).isEqualTo(needed);
  }

  @Test
  void find_knowsNamesOnly() {
    assertThat(FormulaLibrary.find("talk")).map(LibraryFormula::name).contains("talk");
    assertThat(FormulaLibrary.find("Talk")).isEmpty();
    assertThat(FormulaLibrary.list()).extracting(LibraryFormula::name).doesNotHaveDuplicates();
  }

  private static double limit(String name, Map<Input, Double> sample) {
    return Formulas.evaluate(FormulaLibrary.find(name).orElseThrow().text(), sample);
  }
}
