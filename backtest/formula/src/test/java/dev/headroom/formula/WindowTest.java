package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.time.Duration;
import java.util.Arrays;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WindowTest {

  private static final Pattern BLANKS = Pattern.compile(" +");
  private static final double ABSENT = Double.NaN;

  /** What the formula yields at each second, given the values of its only input; "-" is absent. */
  private static double[] run(String text, double... values) {
    Evaluator evaluator = Formula.parse(text).newEvaluator();
    double[] results = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      evaluator.observe(Duration.ofSeconds(i).toNanos(), new double[] {values[i]});
      results[i] = evaluator.evaluate();
    }
    return results;
  }

  private static double[] numbers(String list) {
    return BLANKS
        .splitAsStream(list.trim())
        .mapToDouble(word -> word.equals("-") ? ABSENT : Double.parseDouble(word))
        .toArray();
  }

  /**
   * One sample a second. A window of 3 s ends at the sample itself and has those of 0, 1 and 2 s
   * ago.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max_over_time(anon, 3s)          | 5 1 2 0 0 9 1   | 5 5 5 2 2 9 9",
        "max_over_time(anon, 3s)          | - 1 - - - 2 -   | - 1 1 1 - 2 2",
        "min_over_time(anon, 3s)          | 5 1 2 3 4 0 9   | 5 1 1 1 2 0 0",
        "avg_over_time(anon, 3s)          | 3 6 9 12 - - -  | 3 4.5 6 9 10.5 12 -",
        // Whole population: of 2 and 4 it is 1, of 2, 4 and 6 it is sqrt(8/3).
        "stddev_over_time(anon, 3s)       | 2 4 6           | 0 1 1.632993161855452",
        // Sorted 1 2 4: rank 0.5 * 2 = 1. Sorted 2 4 8: the same. Sorted 1 2: half way.
        "quantile_over_time(50%, anon, 3s)| 2 1 4 8         | 2 1.5 2 4",
        "quantile_over_time(0, anon, 3s)  | 2 1 4 8         | 2 1 1 1",
        "quantile_over_time(1, anon, 3s)  | 2 1 4 8         | 2 2 4 8",
        // Rank 0.9 * 2 = 1.8, so 0.8 of the way from 2 to 4.
        "quantile_over_time(0.9, anon, 3s)| 2 1 4           | 2 1.9 3.6",
        // The value 2 s ago; absent before there is one; absent if it was absent.
        "delay(anon, 2s)                  | 1 - 3 4 5       | - - 1 - 3",
        "delay(anon, 1500ms)              | 1 2 3 4 5       | - - 1 2 3",
        // Half-life 1 s: each sample counts half of what is left. 8, then 4+0, then 2+2 …
        "ewma(anon, 1s)                   | 8 0 4 4         | 8 4 4 4",
        // Two seconds pass without a value, so a quarter is left: 8 * 1/4 + 0 * 3/4.
        "ewma(anon, 1s)                   | - 8 - 0         | - 8 8 2",
        // (9 - 3) / 2 s over three samples; the first has no neighbour.
        "rate(anon, 3s) * 1s              | 3 5 9 10        | - 2 3 2.5",
        // From 9 to 2: the counter began again, so 2 is what was added. (4 + 2) / 2 s.
        "rate(anon, 3s) * 1s              | 5 9 2           | - 4 3",
        // A line through 1, 3, 5 has slope 2; through 0, 0, 6 it is 3.
        "deriv(anon, 3s) * 1s             | 1 3 5           | - 2 2",
        "deriv(anon, 3s) * 1s             | 0 0 6           | - 0 3",
        "deriv(anon, 4s) * 1s             | 0 - - 6         | - - - 2",
        "predict_linear(anon, 3s, 10s)    | 1 3 5           | - 23 25",
        // The line through 0, 0, 6 is 5 at the last sample, and 3 more each second.
        "predict_linear(anon, 3s, 2s)     | 0 0 6           | - 0 11",
        "predict_linear(anon, 3s, 0s)     | 0 0 6           | - 0 5",
      })
  void windows_holdWhatIsYoungerThanTheirLength(String text, String values, String expected) {
    double[] results = run(text, numbers(values));
    double[] wanted = numbers(expected);
    for (int i = 0; i < wanted.length; i++) {
      if (Double.isNaN(wanted[i])) {
        assertThat(results[i]).as("at %d s", i).isNaN();
      } else {
        assertThat(results[i]).as("at %d s", i).isNotNaN().isEqualTo(wanted[i], offset(1e-12));
      }
    }
  }

  @Test
  void windows_takeAnyExpression() {
    // Twice the value plus one: 3, 7, 5; the largest of the last two.
    assertThat(run("max_over_time(anon * 2 + 1B, 2s)", 1, 3, 2)).containsExactly(3, 7, 7);
  }

  @Test
  void windows_mayStandInsideOneAnother() {
    // Averages of two: 2, 3, 6, 5; the largest of two of those.
    assertThat(run("max_over_time(avg_over_time(anon, 2s), 2s)", 2, 4, 8, 2))
        .containsExactly(2, 3, 6, 6);
    assertThat(run("a = avg_over_time(anon, 2s); b = a * 2; max_over_time(b, 2s)", 2, 4, 8, 2))
        .containsExactly(4, 6, 12, 12);
  }

  @Test
  void windows_areFedAlsoInBranchesNotTaken() {
    assertThat(run("max_over_time(anon, 9s) if anon < 3B else 0B", 9, 7, 1))
        .containsExactly(0, 0, 9);
  }

  @Test
  void windows_overAbsentInputsAreAbsent() {
    assertThat(run("max_over_time(anon, 9s)", ABSENT, ABSENT)).containsExactly(ABSENT, ABSENT);
    assertThat(run("stddev_over_time(anon, 9s)", ABSENT)).containsExactly(ABSENT);
  }

  @Test
  void ewma_forgetsAfterTenHalfLives() {
    // Nine absent seconds later the mean is still there, ten later it is not.
    double[] values = new double[12];
    Arrays.fill(values, ABSENT);
    values[0] = 5;
    values[11] = 7;
    double[] results = run("ewma(anon, 1s)", values);
    assertThat(results[9]).isEqualTo(5);
    assertThat(results[10]).isNaN();
    assertThat(results[11]).isEqualTo(7);
  }

  @Test
  void rateOfPressure_isAShareOfTime() {
    // 0.5 s of stall in 2 s: a quarter.
    assertThat(run("100B * rate(pressure_some, 10s)", 1, 1.25, 1.5))
        .containsExactly(ABSENT, 25, 25);
  }

  @Test
  void samplesAtOneTime_haveNoSlope() {
    for (String text : new String[] {"rate(anon, 9s) * 1s", "deriv(anon, 9s) * 1s"}) {
      Evaluator evaluator = Formula.parse(text).newEvaluator();
      evaluator.observe(5, new double[] {1});
      evaluator.observe(5, new double[] {2});
      assertThat(evaluator.evaluate()).isNaN();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "anon                                                 | PT0S",
        "max_over_time(anon, 10m)                             | PT10M",
        "delay(anon, 30s) + max_over_time(anon, 10s)          | PT30S",
        "max_over_time(deriv(anon, 5m), 1h) * 1s              | PT1H5M",
        "a = delay(anon, 1m); b = delay(a, 1m); delay(b, 1m)  | PT3M",
        "ewma(anon, 1m)                                       | PT10M",
        "predict_linear(anon, 5m, 30s)                        | PT5M",
        "a = delay(anon, 7d); file                            | PT0S",
      })
  void lookback_isTheLongestReach(String text, String expected) {
    assertThat(Formula.parse(text).lookback()).isEqualTo(Duration.parse(expected));
  }
}
