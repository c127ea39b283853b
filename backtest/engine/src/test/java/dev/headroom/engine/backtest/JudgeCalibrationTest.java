package dev.headroom.engine.backtest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Judgement.Outcome;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.statistics.Multiplicity;
import dev.headroom.model.InstanceId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * How often a PASS is wrong, simulated with fixed seeds. The long form, which {@code
 * docs/statistics.md} has the figures of, is {@code -Dheadroom.calibration.runs=20000}.
 */
final class JudgeCalibrationTest {

  private static final int RUNS = Integer.getInteger("headroom.calibration.runs", 2000);
  private static final BacktestConfig CONFIG = BacktestConfig.DEFAULT;

  private static List<InstanceTally> tallies(int[] prevented, int killsEach) {
    List<InstanceTally> tallies = new ArrayList<>();
    for (int i = 0; i < prevented.length; i++) {
      tallies.add(
          new InstanceTally(
              InstanceId.of("node", "/" + i, "/data"),
              new KillCounts(prevented[i], killsEach - prevented[i], 0, 0, 0, 0, 0),
              new BlockCounts(0, 0, 0),
              1000,
              null));
    }
    return tallies;
  }

  private static boolean passes(Judge judge, List<InstanceTally> tallies) {
    return judge.judge(tallies, null).outcome() == Outcome.PASS;
  }

  private static int[] noise(Random random, int instances, int killsEach, double share) {
    int[] prevented = new int[instances];
    for (int i = 0; i < instances; i++) {
      for (int kill = 0; kill < killsEach; kill++) {
        prevented[i] += random.nextDouble() < share ? 1 : 0;
      }
    }
    return prevented;
  }

  private static int[] bestOf(int tried, Random random, int instances, double share) {
    return IntStream.range(0, tried)
        .mapToObj(_ -> noise(random, instances, 1, share))
        .max(Comparator.comparingInt(prevented -> Arrays.stream(prevented).sum()))
        .orElseThrow();
  }

  /** A formula that prevents 90% is not better than 90%: of 80 kills, one on each instance. */
  @Test
  void aPassOfOneFormula_isWrongAtMostOnceInTwenty() {
    Random random = new Random(1);
    Judge judge = Judge.of(CONFIG, 1);
    int passed = 0;
    for (int run = 0; run < RUNS; run++) {
      passed += passes(judge, tallies(noise(random, 80, 1, 0.9), 1)) ? 1 : 0;
    }
    log("PASS of one formula at its goal", passed, RUNS);
    assertThat((double) passed / RUNS).isLessThan(0.05 + fourErrors(0.05, RUNS));
  }

  @Test
  void theBestOfAHundred_passesNoMoreOftenThanOne() {
    Random random = new Random(2);
    int runs = RUNS / 20;
    int passed = 0;
    int naively = 0;
    for (int run = 0; run < runs; run++) {
      List<InstanceTally> best = tallies(bestOf(100, random, 80, 0.9), 1);
      passed += passes(Judge.of(CONFIG, 100), best) ? 1 : 0;
      naively += passes(Judge.of(CONFIG, 1), best) ? 1 : 0;
    }
    log("PASS of the best of 100 at the goal", passed, runs);
    log("the same, as if it had been the only one", naively, runs);
    assertThat((double) passed / runs).isLessThan(0.05 + fourErrors(0.05, runs));
    assertThat((double) naively / runs).isGreaterThan(0.5);
  }

  @Test
  void theBestOfAHundredCoins_neverPasses() {
    Random random = new Random(3);
    for (int kills : new int[] {5, 10, 30, 80}) {
      for (int run = 0; run < 20; run++) {
        assertThat(passes(Judge.of(CONFIG, 100), tallies(bestOf(100, random, kills, 0.5), 1)))
            .as(
                "%d kills, of which the best looks like %.2f",
                kills, Multiplicity.expectedBestShare(100, kills, 0.5))
            .isFalse();
      }
    }
  }

  /** 20 instances with 8 kills: on one of ten the formula prevents none, on the others all. */
  @Test
  void killsThatGoTogether_makeFewerWrongPasses() {
    Random random = new Random(4);
    int byInstance = 0;
    int byKill = 0;
    for (int run = 0; run < RUNS; run++) {
      int[] prevented = new int[20];
      for (int i = 0; i < prevented.length; i++) {
        prevented[i] = random.nextDouble() < 0.9 ? 8 : 0;
      }
      byInstance += passes(Judge.of(CONFIG, 1), tallies(prevented, 8)) ? 1 : 0;
      int sum = Arrays.stream(prevented).sum();
      byKill += passes(Judge.of(CONFIG, 1), tallies(new int[] {sum}, 160)) ? 1 : 0;
    }
    log("PASS where kills go together, by instance", byInstance, RUNS);
    log("the same, as if every kill were alone", byKill, RUNS);
    // 0.9^20 = 12% of the runs have no miss, and nothing tells that kills go together there
    assertThat((double) byInstance / RUNS).isLessThan(0.16);
    assertThat((double) byKill / RUNS).isGreaterThan(0.3);
  }

  private static void log(String what, int count, int runs) {
    System.getLogger("calibration")
        .log(System.Logger.Level.INFO, "{0}: {1} of {2}", what, count, runs);
  }

  private static double fourErrors(double share, int runs) {
    return 4 * Math.sqrt(share * (1 - share) / runs);
  }
}
