package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What both kinds of column evaluator promise. */
class ColumnEvaluatorTest {

  private static final double ABSENT = Double.NaN;
  private static final Formula FORMULA = Formula.parse("memory_max - max_over_time(anon, 2s)");

  static Stream<ColumnEvaluator> evaluators() {
    return Stream.of(
        FORMULA.newColumnEvaluator(), CompiledFormula.of(FORMULA).newColumnEvaluator());
  }

  /**
   * Samples a second apart; the window holds the last two. At 0 s: 10 - 3. At 1 s: 10 - max(3, 5).
   * At 2 s: memory_max is absent. At 3 s: 10 - 2, since 5 was seen 2 s ago.
   */
  @ParameterizedTest
  @MethodSource("evaluators")
  void limits_areThoseOfEachSample_inPiecesToo(ColumnEvaluator evaluator) {
    long[] timesNs = {0, 1_000_000_000L, 2_000_000_000L, 3_000_000_000L, 9};
    double[] memoryMax = {10, 10, ABSENT, 10, 10};
    double[] anon = {3, 5, 2, ABSENT, 7};
    double[] limits = {-1, -1, -1, -1, -1};
    double[][] columns = {memoryMax, anon};

    evaluator.evaluate(timesNs, columns, 0, 1, limits);
    evaluator.evaluate(timesNs, columns, 1, 1, limits);
    evaluator.evaluate(timesNs, columns, 1, 4, limits);

    assertThat(limits).containsExactly(7, 5, ABSENT, 8, -1);
  }

  @ParameterizedTest
  @MethodSource("evaluators")
  void timeThatRunsBackwards_isRefused(ColumnEvaluator evaluator) {
    double[][] columns = {{10, 10}, {1, 1}};
    double[] limits = new double[2];
    assertThatThrownBy(() -> evaluator.evaluate(new long[] {5, 4}, columns, 0, 2, limits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the sample at 4 ns comes after the one at 5 ns");
  }

  @ParameterizedTest
  @MethodSource("evaluators")
  void timeThatRunsBackwardsBetweenCalls_isRefused(ColumnEvaluator evaluator) {
    double[][] columns = {{10, 10}, {1, 1}};
    double[] limits = new double[2];
    evaluator.evaluate(new long[] {5, 6}, columns, 0, 2, limits);
    assertThatThrownBy(() -> evaluator.evaluate(new long[] {5, 6}, columns, 0, 2, limits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("the sample at 5 ns comes after the one at 6 ns");
  }

  @ParameterizedTest
  @MethodSource("evaluators")
  void aColumnTooFew_isRefused(ColumnEvaluator evaluator) {
    assertThatThrownBy(() -> evaluator.evaluate(new long[1], new double[1][1], 0, 1, new double[1]))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("1 columns for the 2 inputs of the formula");
  }

  @ParameterizedTest
  @MethodSource("evaluators")
  void aRangeOutsideAColumn_isRefused(ColumnEvaluator evaluator) {
    double[][] columns = {{10, 10}, {1}};
    assertThatThrownBy(() -> evaluator.evaluate(new long[2], columns, 0, 2, new double[2]))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }
}
