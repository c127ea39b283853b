package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
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

  private static List<Double> tenWithOne() {
    List<Double> clusters = new ArrayList<>(Collections.nCopies(9, 0.0));
    clusters.add(1.0);
    return clusters;
  }

  @Test
  void drawsOfTheFewestClusters_followTheBinomial() {
    // ten clusters, one of them 1: a draw has k ones with chance binomial(10, 1/10); P(0) = 0.349,
    // P(<=2) = 0.930, P(<=3) = 0.987: the middle 95% reaches from 0 to 3/10
    List<Double> clusters = tenWithOne();
    assertThat(new ClusterBootstrap(20_000, 7).interval(clusters, ClusterBootstrapTest::mean, 0.95))
        .isEqualTo(new Estimate.Known(0.1, 0, 0.3));
  }

  @Test
  void fewClusters_orAnUndefinedScore_areNoData() {
    assertThat(BOOTSTRAP.interval(oneTo(9), ClusterBootstrapTest::mean, 0.95))
        .isEqualTo(Estimate.NO_DATA);
    // 1/x with a draw of zeros alone
    assertThat(BOOTSTRAP.interval(tenWithOne(), values -> 1 / mean(values), 0.95))
        .isEqualTo(Estimate.NO_DATA);
    assertThat(BOOTSTRAP.interval(Collections.nCopies(10, 3.0), ClusterBootstrapTest::mean, 0.95))
        .isEqualTo(new Estimate.Known(3, 3, 3));
  }

  @Test
  void noResamples_areRefused() {
    assertThatThrownBy(() -> new ClusterBootstrap(0, 1))
        .hasMessage("at least 1 resample is needed, not 0");
  }
}
