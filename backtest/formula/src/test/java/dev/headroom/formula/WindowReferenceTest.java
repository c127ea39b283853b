package dev.headroom.formula;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Windows against the plainest way to compute them: filter all samples by time, then by definition.
 */
class WindowReferenceTest {

  private static final long LENGTH_NS = 20_000_000_000L;

  record Point(long timeNs, double value) {
    double seconds() {
      return timeNs / 1e9;
    }
  }

  record Case(String function, ToDoubleFunction<List<Point>> definition, long seed) {
    @Override
    public String toString() {
      return function + " seed " + seed;
    }
  }

  static Stream<Case> cases() {
    return Stream.iterate(1L, seed -> seed + 1)
        .limit(10)
        .flatMap(seed ->
            Stream.of(
                new Case("max_over_time(anon, 20s)", WindowReferenceTest::max, seed),
                new Case("min_over_time(anon, 20s)", WindowReferenceTest::min, seed),
                new Case("avg_over_time(anon, 20s)", WindowReferenceTest::mean, seed),
                new Case("stddev_over_time(anon, 20s)", WindowReferenceTest::deviation, seed),
                new Case("quantile_over_time(0.7, anon, 20s)", WindowReferenceTest::quantile, seed),
                new Case("rate(anon, 20s) * 1s", WindowReferenceTest::rate, seed),
                new Case("deriv(anon, 20s) * 1s", WindowReferenceTest::slope, seed)));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void windows_equalTheirDefinition(Case c) {
    var random = new Random(c.seed());
    Evaluator evaluator = Formula.parse(c.function()).newEvaluator();
    var past = new ArrayList<Point>();
    long timeNs = random.nextLong(1_000_000_000_000L);
    int numbers = 0;
    for (int i = 0; i < 500; i++) {
      // Mostly a second or so apart, now and then longer than the window.
      timeNs += random.nextInt(40) == 0 ? 30_000_000_000L : random.nextLong(2_000_000_000L);
      double value = random.nextInt(6) == 0 ? Double.NaN : random.nextInt(1_000);
      past.add(new Point(timeNs, value));
      evaluator.observe(timeNs, new double[] {value});

      long now = timeNs;
      List<Point> window =
          past.stream()
              .filter(p -> p.timeNs() > now - LENGTH_NS && !Double.isNaN(p.value()))
              .toList();
      double expected = window.isEmpty() ? Double.NaN : c.definition().applyAsDouble(window);
      double actual = evaluator.evaluate();
      assertThat(Double.isNaN(actual)).isEqualTo(Double.isNaN(expected));
      if (!Double.isNaN(expected)) {
        assertThat(Math.abs(actual - expected))
            .isLessThanOrEqualTo(1e-6 * (1 + Math.abs(expected)));
        numbers++;
      }
    }
    assertThat(numbers).isGreaterThan(400);
  }

  private static double max(List<Point> window) {
    return window.stream().mapToDouble(Point::value).max().orElseThrow();
  }

  private static double min(List<Point> window) {
    return window.stream().mapToDouble(Point::value).min().orElseThrow();
  }

  private static double mean(List<Point> window) {
    return window.stream().mapToDouble(Point::value).average().orElseThrow();
  }

  private static double deviation(List<Point> window) {
    double mean = mean(window);
    return Math.sqrt(
        window.stream().mapToDouble(p -> Math.pow(p.value() - mean, 2)).average().orElseThrow());
  }

  private static double quantile(List<Point> window) {
    List<Point> sorted = window.stream().sorted(Comparator.comparingDouble(Point::value)).toList();
    double rank = 0.7 * (sorted.size() - 1);
    double below = sorted.get((int) Math.floor(rank)).value();
    double above = sorted.get((int) Math.ceil(rank)).value();
    return below + (rank - Math.floor(rank)) * (above - below);
  }

  private static double rate(List<Point> window) {
    double increase = 0;
    for (int i = 1; i < window.size(); i++) {
      double step = window.get(i).value() - window.get(i - 1).value();
      increase += step < 0 ? window.get(i).value() : step;
    }
    return window.size() < 2
        ? Double.NaN
        : increase / (window.getLast().seconds() - window.getFirst().seconds());
  }

  /** By the sums of the textbook: (n·Σtv − Σt·Σv) / (n·Σt² − (Σt)²). */
  private static double slope(List<Point> window) {
    double first = window.getFirst().seconds();
    double n = window.size();
    double t = window.stream().mapToDouble(p -> p.seconds() - first).sum();
    double v = window.stream().mapToDouble(Point::value).sum();
    double tv = window.stream().mapToDouble(p -> (p.seconds() - first) * p.value()).sum();
    double tt = window.stream().mapToDouble(p -> Math.pow(p.seconds() - first, 2)).sum();
    return n < 2 ? Double.NaN : (n * tv - t * v) / (n * tt - t * t);
  }
}
