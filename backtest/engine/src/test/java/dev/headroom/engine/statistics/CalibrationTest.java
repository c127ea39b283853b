package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.apache.commons.math3.distribution.BinomialDistribution;
import org.apache.commons.math3.distribution.PoissonDistribution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Whether what is called 95% sure is right 95 times of 100. Where the counts can be enumerated they
 * are, which is exact; the rest is simulated with fixed seeds. The long form, which {@code
 * docs/statistics.md} has the figures of, is {@code -Dheadroom.calibration.runs=20000}.
 */
final class CalibrationTest {

  private static final int RUNS = Integer.getInteger("headroom.calibration.runs", 2000);
  private static final double SURE = 0.95;

  /** The chance that a statement about a count of n trials is true. */
  private static double chance(int n, double share, IntToDoubleFunction isTrue) {
    BinomialDistribution counts = new BinomialDistribution(null, n, share);
    double chance = 0;
    for (int k = 0; k <= n; k++) {
      chance += counts.probability(k) * isTrue.applyAsDouble(k);
    }
    return chance;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 5, 10, 29, 60, 200})
  void clopperPearson_isNeverLessSureThanItSays(int n) {
    for (double share = 0.01; share < 1; share += 0.01) {
      double p = share;
      assertThat(chance(n, p, k -> bool(Binomial.lowerBound(k, n, SURE).orElseThrow() <= p)))
          .as("lower bound, %d trials, share %.2f", n, p)
          .isGreaterThanOrEqualTo(SURE - 1e-6);
      assertThat(chance(n, p, k -> bool(Binomial.upperBound(k, n, SURE).orElseThrow() >= p)))
          .as("upper bound, %d trials, share %.2f", n, p)
          .isGreaterThanOrEqualTo(SURE - 1e-6);
    }
  }

  @ParameterizedTest
  @CsvSource({"10, 0.954, 0.83", "30, 0.951, 0.83", "100, 0.951, 0.83"})
  void wilson_isRightOnAverage_andNeverFarOff(int n, double mean, double worst) {
    double sum = 0;
    double least = 1;
    int points = 0;
    for (double share = 0.005; share < 1; share += 0.005) {
      double p = share;
      double coverage =
          chance(
              n,
              p,
              k -> {
                Estimate.Known known = (Estimate.Known) Binomial.wilson(k, n, SURE);
                return bool(known.lower() <= p && p <= known.upper());
              });
      sum += coverage;
      least = Math.min(least, coverage);
      points++;
    }
    assertThat(sum / points).isBetween(mean - 0.006, mean + 0.006);
    assertThat(least).isGreaterThan(worst);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.1, 0.5, 1, 3, 10, 40})
  void poisson_isNeverLessSureThanItSays(double mean) {
    PoissonDistribution counts = new PoissonDistribution(mean);
    double inside = 0;
    double belowUpper = 0;
    for (int k = 0; k < 200; k++) {
      Estimate.Known known = (Estimate.Known) Poisson.rate(k, 1, SURE);
      inside += counts.probability(k) * bool(known.lower() <= mean && mean <= known.upper());
      belowUpper +=
          counts.probability(k) * bool(mean <= Poisson.upperBound(k, 1, SURE).orElseThrow());
    }
    // the whole doubt goes to the upper limit at 0 events, so the interval is short of a little
    assertThat(inside).isGreaterThan(0.93);
    assertThat(belowUpper).isGreaterThanOrEqualTo(SURE - 1e-6);
  }

  @Test
  void mcNemar_findsNoDifferenceWhereThereIsNone() {
    for (int n = 1; n <= 60; n++) {
      int pairs = n;
      assertThat(chance(n, 0.5, k -> bool(McNemar.pValue(k, pairs - k).orElseThrow() < 0.05)))
          .as("%d discordant pairs", n)
          .isLessThan(0.05);
    }
  }

  /** Ten instances with one to eight kills; on each the winner wins all of them, either way. */
  @Test
  void clusteredMcNemar_staysCalmWhereThePlainTestSeesGhosts() {
    Random random = new Random(1);
    int clustered = 0;
    int plain = 0;
    for (int run = 0; run < RUNS; run++) {
      List<Discordance> clusters = new ArrayList<>();
      Discordance all = new Discordance(0, 0);
      for (int instance = 0; instance < 10; instance++) {
        int kills = 1 + random.nextInt(8);
        Discordance each =
            random.nextBoolean() ? new Discordance(kills, 0) : new Discordance(0, kills);
        clusters.add(each);
        all = all.plus(each);
      }
      clustered += McNemar.pValue(clusters).orElseThrow() < 0.05 ? 1 : 0;
      plain += McNemar.pValue(all.onlyFirst(), all.onlySecond()).orElseThrow() < 0.05 ? 1 : 0;
    }
    log("McNemar by instance finds a difference that is none", clustered, RUNS);
    log("the same, as if every kill were alone", plain, RUNS);
    assertThat((double) clustered / RUNS).isLessThan(0.05 + noise(0.05));
    assertThat((double) plain / RUNS).isGreaterThan(0.2);
  }

  /** Costs with a long tail: most instances cost nothing, some very much. */
  @ParameterizedTest
  @CsvSource({"10, 0.75", "20, 0.82", "50, 0.88"})
  void bootstrap_isShortWithFewInstances_andNearlyRightWithMany(int instances, double atLeast) {
    Random random = new Random(2);
    ClusterBootstrap bootstrap = new ClusterBootstrap(500, 3);
    int runs = RUNS / 4;
    int covered = 0;
    for (int run = 0; run < runs; run++) {
      List<Double> costs = new ArrayList<>();
      for (int i = 0; i < instances; i++) {
        costs.add(random.nextDouble() < 0.5 ? 0 : -StrictMath.log(1 - random.nextDouble()));
      }
      // the mean of half of an exponential of mean 1
      if (bootstrap.interval(costs, CalibrationTest::mean, SURE)
              instanceof Estimate.Known(double _, double lower, double upper)
          && lower <= 0.5
          && 0.5 <= upper) {
        covered++;
      }
    }
    log("bootstrap of %s instances covers".formatted(instances), covered, runs);
    assertThat((double) covered / runs).isBetween(atLeast, 0.98);
  }

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }

  private static void log(String what, int count, int runs) {
    System.getLogger("calibration")
        .log(System.Logger.Level.INFO, "{0}: {1} of {2}", what, count, runs);
  }

  /** Four standard errors of a simulated share. */
  private static double noise(double share) {
    return 4 * Math.sqrt(share * (1 - share) / RUNS);
  }

  private static double bool(boolean isTrue) {
    return isTrue ? 1 : 0;
  }
}
