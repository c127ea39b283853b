package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class ClusterBootstrapTest {

  private static final ClusterBootstrap BOOTSTRAP = new ClusterBootstrap(2000, 42);

  private static double mean(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).average().orElse(Double.NaN);
  }

  private static List<Double> oneTo(int last) {
    return IntStream.rangeClosed(1, last).mapToObj(Double::valueOf).toList();
  }

  @Test
  void interval_isAboutWhatTheNormalDistributionSays() {
    // 1..50: mean 25.5, variance (50^2-1)/12 = 208.25, so sd of the mean sqrt(208.25/50) = 2.041
    Estimate.Known known =
        (Estimate.Known) BOOTSTRAP.interval(oneTo(50), ClusterBootstrapTest::mean, 0.95);

    assertThat(known.value()).isEqualTo(25.5);
    assertThat(known.lower()).isCloseTo(25.5 - 1.96 * 2.041, within(0.4));
    assertThat(known.upper()).isCloseTo(25.5 + 1.96 * 2.041, within(0.4));
  }

  @Test
  void interval_dependsOnTheSeedAlone() {
    Estimate first = BOOTSTRAP.interval(oneTo(20), ClusterBootstrapTest::mean, 0.9);

    assertThat(new ClusterBootstrap(2000, 42).interval(oneTo(20), ClusterBootstrapTest::mean, 0.9))
        .isEqualTo(first);
    assertThat(new ClusterBootstrap(2000, 43).interval(oneTo(20), ClusterBootstrapTest::mean, 0.9))
        .isNotEqualTo(first);
  }

  @Test
  void drawsOfTheFewestClusters_followTheBinomial() {
    // five clusters, one of them 1: a draw has k ones with chance binomial(5, 1/5); P(0) = 0.328,
    // P(<=3) = 0.9933, P(<=2) = 0.942: the middle 95% reaches from 0 to 3/5
    List<Double> clusters = List.of(0.0, 0.0, 0.0, 0.0, 1.0);
    assertThat(new ClusterBootstrap(20_000, 7).interval(clusters, ClusterBootstrapTest::mean, 0.95))
        .isEqualTo(new Estimate.Known(0.2, 0, 0.6));
  }

  @Test
  void fewClusters_orAnUndefinedScore_areNoData() {
    assertThat(BOOTSTRAP.interval(oneTo(4), ClusterBootstrapTest::mean, 0.95))
        .isEqualTo(Estimate.NO_DATA);
    // 1/x with a draw of zeros alone
    assertThat(
            BOOTSTRAP.interval(List.of(0.0, 0.0, 0.0, 0.0, 1.0), values -> 1 / mean(values), 0.95))
        .isEqualTo(Estimate.NO_DATA);
    assertThat(BOOTSTRAP.interval(Collections.nCopies(5, 3.0), ClusterBootstrapTest::mean, 0.95))
        .isEqualTo(new Estimate.Known(3, 3, 3));
  }

  @Test
  void noResamples_areRefused() {
    assertThatThrownBy(() -> new ClusterBootstrap(0, 1))
        .hasMessage("at least 1 resample is needed, not 0");
  }
}
