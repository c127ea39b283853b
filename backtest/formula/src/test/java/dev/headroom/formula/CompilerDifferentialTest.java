package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.formula.compile.CompiledColumns;
import dev.headroom.formula.interpret.Interpreter;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Compiled formulas give what the interpreter gives, bit by bit, and it is really their code that
 * ran. The long form is run by {@code -Dheadroom.differential.formulas=100000}.
 */
class CompilerDifferentialTest {

  private static final int FORMULAS = Integer.getInteger("headroom.differential.formulas", 1_000);
  private static final long SEED = Long.getLong("headroom.differential.seed", 20_260_701);

  static List<LibraryFormula> library() {
    return FormulaLibrary.list();
  }

  @ParameterizedTest
  @MethodSource("library")
  void libraryFormulas_giveTheSame(LibraryFormula formula) {
    for (int seed = 1; seed <= 20; seed++) {
      requireSame(Formula.parse(formula.text()), new Random(seed), 3_000, "seed " + seed);
    }
  }

  static Stream<String> bigFormulas() {
    return BigFormulas.texts();
  }

  @ParameterizedTest
  @MethodSource("bigFormulas")
  void formulasNearTheLimitsOfSize_giveTheSame(String text) {
    requireSame(Formula.parse(text), new Random(7), 1_500, "seed 7");
  }

  @Test
  void randomFormulas_giveTheSame() {
    int withNumbers = 0;
    for (int i = 0; i < FORMULAS; i++) {
      long seed = SEED + i;
      var random = new Random(seed);
      Formula formula = Formula.parse(new RandomFormulas(random).next());
      // Now and then longer than what is evaluated in one go.
      int samples = random.nextInt(50) == 0 ? 2_500 : random.nextInt(1, 120);
      double[] limits = requireSame(formula, random, samples, "seed " + seed);
      withNumbers += Arrays.stream(limits).anyMatch(Double::isFinite) ? 1 : 0;
    }
    System.out.printf(
        "%d random formulas from seed %d, %d of them with numbers%n", FORMULAS, SEED, withNumbers);
    assertThat(withNumbers).isGreaterThan(FORMULAS / 2);
  }

  private static double[] requireSame(Formula formula, Random random, int samples, String name) {
    var columns = RandomColumns.of(formula, samples, random);
    double[] expected = columns.limits(formula.newColumnEvaluator());
    CompiledFormula compiled = CompiledFormula.of(formula);

    assertThat(compiled.kernelClass().isHidden()).isTrue();
    ColumnEvaluator evaluator = compiled.newColumnEvaluator();
    assertThat(evaluator).isInstanceOf(CompiledColumns.class);
    requireSame(expected, columns.limits(evaluator), formula, name);
    requireSame(
        expected,
        columns.limitsInPieces(compiled.newColumnEvaluator(), random),
        formula,
        name + " in pieces");
    BitSet asked = BitSet.valueOf(random.longs(samples / Long.SIZE + 1).toArray());
    Evaluator single = compiled.newEvaluator();
    assertThat(single).isNotInstanceOf(Interpreter.class);
    requireSame(
        columns.limits(formula.newEvaluator(), asked),
        columns.limits(single, asked),
        formula,
        name + " one at a time");
    return expected;
  }

  private static void requireSame(
      double[] expected, double[] actual, Formula formula, String name) {
    for (int i = 0; i < expected.length; i++) {
      if (Double.doubleToLongBits(expected[i]) != Double.doubleToLongBits(actual[i])) {
        throw new AssertionError(
            "%s: at sample %d the interpreter has %s and the code %s for%n%s"
                .formatted(name, i, expected[i], actual[i], formula.text()));
      }
    }
  }
}
