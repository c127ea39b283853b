package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class FormulaTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "memory_max-shmem                   | memory_max - shmem",
        "total_ram - shmem_bytes # talk     | memory_max - shmem",
        "limit = memory.max - shmem         | memory_max - shmem",
        "limit_bytes = memory_max - shmem   | memory_max - shmem",
        "(memory_max) - ((shmem))           | memory_max - shmem",
        "memory_max - 0.5GiB                | memory_max - 512MiB",
        "memory_max - 104857600B            | memory_max - 100MiB",
        "memory_max - 1_000MB               | memory_max - 1000000000B",
        "memory_max - 100_0.50              | memory_max - 1000.5",
        "memory_max - 1e6                   | memory_max - 1000000",
        "memory_max * 7%                    | memory_max * 7%",
        "max_over_time(anon, 90s)           | max_over_time(anon, 90s)",
        "max_over_time(anon, 3600s)         | max_over_time(anon, 1h)",
        "max_over_time(anon, 1500ms)        | max_over_time(anon, 1.5s)",
        "anon - (file - shmem)              | anon - (file - shmem)",
        "(anon - file) - shmem              | anon - file - shmem",
        "(anon * 2) + (file * 3)            | anon * 2 + file * 3",
        "unused = anon\\; memory_max        | memory_max",
        "a = anon\\; b = a\\; file - b      | a = anon\\b = a\\file - b",
        "anon if (anon > file) and (not (file > shmem)) else file | anon if anon > file and not file > shmem else file",
        "(anon if anon > file else file) if file > shmem else shmem | (anon if anon > file else file) if file > shmem else shmem",
        "(-2) ** 2 * anon                   | (-2) ** 2 * anon",
        "-(2 ** 2) * anon                   | -2 ** 2 * anon",
        "2 ** (-1) * anon                   | 2 ** -1 * anon",
        "(2 ** 2) ** 2 * anon               | (2 ** 2) ** 2 * anon",
      })
  void canonicalText_hasOneWayToWrite(String text, String canonical) {
    Formula formula = Formula.parse(text.replace("\\;", "\n"));
    assertThat(formula.canonicalText()).isEqualTo(canonical.replace("\\", "\n") + "\n");
    assertThat(formula.astHash())
        .isEqualTo(Formula.parse(formula.canonicalText()).astHash())
        .matches("[0-9a-f]{64}");
  }

  @Test
  void astHash_differsWhenTheStepsDiffer() {
    var hashes = new HashSet<String>();
    for (String text :
        new String[] {
          "anon + (file + shmem)", "anon + file + shmem", "file + anon + shmem", "anon + file",
          "anon * 15%", "anon * 0.15", "anon * 0.150000001", "a = anon; a + file"
        }) {
      assertThat(hashes.add(Formula.parse(text).astHash())).as(text).isTrue();
    }
  }

  @Test
  void inputs_areThoseTheResultNeedsInTheOrderOfTheTable() {
    Formula formula =
        Formula.parse("unused = slab; x = shmem + connections * 1MiB; limit = total_ram - x");
    assertThat(formula.inputs()).containsExactly(Input.MEMORY_MAX, Input.SHMEM, Input.CONNECTIONS);
  }

  @Test
  void params_areListedAndReplaced() {
    Formula formula =
        Formula.parse(
            """
            param k = 1.2 in [0.5, 3]
            param reserve = 100MiB in [0, 1GiB]
            param w = 5m in [1s, 1h]
            memory_max - k * max_over_time(anon, 2 * w) - reserve
            """);
    assertThat(formula.params())
        .containsExactly(
            new Param("k", Dimension.NUMBER, 1.2, 0.5, 3),
            new Param("reserve", Dimension.BYTES, 104857600, 0, 1073741824),
            new Param("w", Dimension.DURATION, 300, 1, 3600));
    assertThat(formula.lookback()).hasMinutes(10);

    Formula changed = formula.withParams(Map.of("k", 2.0, "w", 60.0));
    assertThat(changed.params()).extracting(Param::value).containsExactly(2.0, 104857600.0, 60.0);
    assertThat(changed.lookback()).hasMinutes(2);
    assertThat(changed.astHash()).isNotEqualTo(formula.astHash());
    assertThat(changed.canonicalText())
        .startsWith("param k = 2 in [0.5, 3]\nparam reserve = 100MiB in [0B, 1GiB]\n");
    assertThat(Formula.parse(changed.canonicalText()).params()).isEqualTo(changed.params());
    // 1000 MiB - 2 * 100 MiB - 100 MiB
    Evaluator evaluator = changed.newEvaluator();
    evaluator.observe(0, new double[] {1000 * 1048576.0, 100 * 1048576.0});
    assertThat(evaluator.evaluate()).isEqualTo(700 * 1048576.0);
  }

  @Test
  void withParams_refusesWhatIsOutOfRangeOrUnknown() {
    Formula formula = Formula.parse("param k = 1.2 in [0.5, 3]; memory_max * k");
    assertThatThrownBy(() -> formula.withParams(Map.of("k", 3.1)))
        .isInstanceOf(FormulaException.class)
        .hasMessageStartingWith(
            "line 1, column 1: the value 3.1 of param 'k' is outside its range [0.5, 3.0]");
    assertThatThrownBy(() -> formula.withParams(Map.of("k", Double.NaN)))
        .isInstanceOf(FormulaException.class);
    assertThatThrownBy(() -> formula.withParams(Map.of("j", 1.0)))
        .isInstanceOf(FormulaException.class)
        .hasMessageContaining("there is no param 'j'; the formula has [k]");
  }

  @Test
  void withParams_refusesAWindowThatBecomesTooShort() {
    Formula formula = Formula.parse("param w = 5s in [0s, 9s]; max_over_time(anon, w)");
    assertThatThrownBy(() -> formula.withParams(Map.of("w", 0.0)))
        .isInstanceOf(FormulaException.class)
        .hasMessageStartingWith("line 1, column 47: a window of 0s is out of range");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a = 1MiB; memory_max | 1:1 'a' is assigned but never used",
        "param k = 1 in [0, 2]; memory_max | 1:7 param 'k' is never used",
        "slab = 1MiB; memory_max - slab | 1:1 'slab' is also an input; from here on the name means this line",
        "memory_max - 100 | 1:14 100 is taken as 100 bytes; write 100MiB or 100B to be clear",
        "shmem if memory_max < 512 else anon | 1:23 512 is taken as 512 bytes; write 512MiB or 512B to be clear",
      })
  void warnings_nameWhatIsProbablyNotMeant(String text, String warning) {
    assertThat(Formula.parse(text).warnings())
        .extracting(w -> w.line() + ":" + w.column() + " " + w.message())
        .containsExactly(warning);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "memory_max - shmem - 104857600",
        "memory_max - 100 * 1024 * 1024",
        "max(memory_max - shmem, 0)",
        "memory_max * 0.9 if connections > 100 else memory_max",
      })
  void warnings_areEmptyForWhatIsClear(String text) {
    assertThat(Formula.parse(text).warnings()).isEmpty();
  }

  @Test
  void namesOfFunctionsAndAliases_mayBeAssigned() {
    assertThat(
            Formulas.evaluate(
                "floor = shmem + 1MiB; total_ram = 10MiB; min = 1MiB; limit = total_ram - floor - min",
                Map.of(Input.SHMEM, 1048576.0)))
        .isEqualTo(7 * 1048576.0);
  }

  @Test
  void aliasThatIsAssigned_leavesTheInputReadableByItsName() {
    Formula formula =
        Formula.parse("pagetables = 5MiB; limit = memory_max - page_tables - pagetables");
    assertThat(formula.inputs()).containsExactly(Input.MEMORY_MAX, Input.PAGE_TABLES);
  }

  @Test
  void brackets_letAnExpressionSpanLines() {
    assertThat(Formula.parse("limit = (memory_max\n  - shmem # shared\n\n  - 1MiB)").astHash())
        .isEqualTo(Formula.parse("memory_max - \\\n shmem - 1MiB").astHash());
  }

  @Test
  void evaluators_doNotShareState() {
    Formula formula = Formula.parse("max_over_time(anon, 1h)");
    Evaluator one = formula.newEvaluator();
    Evaluator two = formula.newEvaluator();
    one.observe(0, new double[] {9});
    two.observe(0, new double[] {1});
    assertThat(one.evaluate()).isEqualTo(9);
    assertThat(two.evaluate()).isEqualTo(1);
  }
}
