package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What both kinds of evaluator promise. */
class EvaluatorTest {

  /** Makes an evaluator of a formula's text. */
  interface Kind extends Function<String, Evaluator> {}

  static Stream<Kind> kinds() {
    return Stream.of(
        text -> Formula.parse(text).newEvaluator(),
        text -> CompiledFormula.of(Formula.parse(text)).newEvaluator());
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void evaluate_isAbsentBeforeAnySample(Kind kind) {
    assertThat(kind.apply("600MiB").evaluate()).isNaN();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void evaluate_asManyTimesAsOneLikes_isTheLimitAtTheLastSample(Kind kind) {
    Evaluator evaluator = kind.apply("max_over_time(anon, 2s)");
    evaluator.observe(0, new double[] {5});
    evaluator.observe(1_000_000_000, new double[] {3});
    assertThat(evaluator.evaluate()).isEqualTo(5);
    assertThat(evaluator.evaluate()).isEqualTo(5);
    evaluator.observe(2_000_000_000, new double[] {Double.NaN});
    assertThat(evaluator.evaluate()).isEqualTo(3);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void observe_refusesTimeThatRunsBackwards(Kind kind) {
    Evaluator evaluator = kind.apply("anon");
    evaluator.observe(10, new double[] {1});
    evaluator.observe(10, new double[] {2});
    assertThatThrownBy(() -> evaluator.observe(9, new double[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the sample at 9 ns comes after the one at 10 ns");
    assertThat(evaluator.evaluate()).isEqualTo(2);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void observe_refusesAWrongNumberOfValues(Kind kind) {
    Evaluator evaluator = kind.apply("anon + file");
    assertThatThrownBy(() -> evaluator.observe(0, new double[] {1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("1 values for the 2 inputs [ANON, FILE]");
    assertThat(evaluator.evaluate()).isNaN();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void observe_copiesItsArray(Kind kind) {
    Evaluator evaluator = kind.apply("anon");
    double[] values = {1};
    evaluator.observe(0, values);
    values[0] = 2;
    assertThat(evaluator.evaluate()).isEqualTo(1);
  }
}
