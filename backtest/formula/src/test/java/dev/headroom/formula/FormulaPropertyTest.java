package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Properties that hold for every formula, tried on the library and on seeded random ones. The seed
 * names the case.
 */
class FormulaPropertyTest {

  private static final int SAMPLES = 120;

  record Sample(long timeNs, List<Double> values) {
    void showTo(Evaluator evaluator) {
      evaluator.observe(timeNs, values.stream().mapToDouble(Double::doubleValue).toArray());
    }
  }

  record Case(String name, String text, long seed) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> formulas() {
    Stream<Case> library =
        FormulaLibrary.list().stream().map(formula -> new Case(formula.name(), formula.text(), 1));
    Stream<Case> random =
        Stream.iterate(1L, seed -> seed + 1)
            .limit(150)
            .map(seed ->
                new Case("seed " + seed, new RandomFormulas(new Random(seed)).next(), seed));
    return Stream.concat(library, random);
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void canonicalText_parsesToTheSameFormula(Case c) {
    Formula formula = Formula.parse(c.text());
    Formula again = Formula.parse(formula.canonicalText());
    assertThat(again.canonicalText()).isEqualTo(formula.canonicalText());
    assertThat(again.inputs()).isEqualTo(formula.inputs());
    assertThat(again.params()).isEqualTo(formula.params());
    assertThat(again.lookback()).isEqualTo(formula.lookback());
    List<Sample> samples = samples(formula, c.seed());
    assertThat(bits(run(again, samples))).isEqualTo(bits(run(formula, samples)));
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void evaluations_doNotLookAhead(Case c) {
    Formula formula = Formula.parse(c.text());
    List<Sample> samples = samples(formula, c.seed());
    long[] whole = bits(run(formula, samples));
    for (int length : new int[] {1, SAMPLES / 3, SAMPLES - 1}) {
      long[] truncated = bits(run(formula, samples.subList(0, length)));
      assertThat(truncated[length - 1]).isEqualTo(whole[length - 1]);
    }
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void evaluations_doNotDependOnHowOftenIsAsked(Case c) {
    Formula formula = Formula.parse(c.text());
    List<Sample> samples = samples(formula, c.seed());
    long[] always = bits(run(formula, samples));
    Evaluator evaluator = formula.newEvaluator();
    samples.forEach(sample -> sample.showTo(evaluator));
    assertThat(Double.doubleToLongBits(evaluator.evaluate())).isEqualTo(always[SAMPLES - 1]);
  }

  @ParameterizedTest
  @MethodSource("formulas")
  void evaluations_doNotDependOnWhereTimeBegins(Case c) {
    Formula formula = Formula.parse(c.text());
    List<Sample> samples = samples(formula, c.seed());
    List<Sample> shifted =
        samples.stream()
            .map(sample -> new Sample(sample.timeNs() - 5_000_000_000_000_000L, sample.values()))
            .toList();
    assertThat(bits(run(formula, shifted))).isEqualTo(bits(run(formula, samples)));
  }

  /** Keeps the properties above from holding only because everything is absent. */
  @Test
  void randomFormulas_mostlyYieldNumbers() {
    long yielding =
        formulas()
            .map(c -> Map.entry(Formula.parse(c.text()), c.seed()))
            .filter(entry ->
                Arrays.stream(run(entry.getKey(), samples(entry.getKey(), entry.getValue())))
                    .anyMatch(Double::isFinite))
            .count();
    assertThat(yielding).isGreaterThan(120);
  }

  private static double[] run(Formula formula, List<Sample> samples) {
    Evaluator evaluator = formula.newEvaluator();
    double[] results = new double[samples.size()];
    for (int i = 0; i < results.length; i++) {
      samples.get(i).showTo(evaluator);
      results[i] = evaluator.evaluate();
    }
    return results;
  }

  private static long[] bits(double[] values) {
    long[] bits = new long[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Double.doubleToLongBits(values[i]);
    }
    return bits;
  }

  /** Samples at uneven distances, now and then at the same time, one value in ten absent. */
  private static List<Sample> samples(Formula formula, long seed) {
    var random = new Random(seed);
    var samples = new ArrayList<Sample>();
    long timeNs = 0;
    for (int i = 0; i < SAMPLES; i++) {
      var values = new ArrayList<Double>();
      for (Input input : formula.inputs()) {
        int bound = input.dimension() == Dimension.BYTES ? 1 << 30 : 50;
        values.add(random.nextInt(10) == 0 ? Double.NaN : random.nextInt(1, bound));
      }
      samples.add(new Sample(timeNs, values));
      timeNs += random.nextInt(8) == 0 ? 0 : random.nextLong(3_000_000_000L);
    }
    return samples;
  }
}
