package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;

final class DesignEffectTest {

  @Test
  void oneKillOnEachInstance_isWorthOneKill() {
    // share 3/4; squares 3 (1/4)^2 + (3/4)^2 = 3/4; 3/4 * 4/3 / 16 = 1/16; 3/16 / 3 = 1/16
    List<ClusterCount> clusters =
        List.of(
            new ClusterCount(1, 1),
            new ClusterCount(1, 1),
            new ClusterCount(0, 1),
            new ClusterCount(1, 1));
    assertThat(DesignEffect.of(clusters)).isCloseTo(1, within(1e-12));
  }

  @Test
  void killsThatAllGoTheSameWayOnAnInstance_areWorthAlmostOne() {
    // 5 instances with all of 4 prevented, 5 with none: share 1/2, residuals 2; 10*4*10/9/1600 =
    // 1/36;
    // independent: 1/4 / 39 = 1/156; 156/36 = 4.333, more than the 4 kills of a cluster because 10
    // clusters estimate the variance with 9 degrees of freedom
    List<ClusterCount> clusters = new ArrayList<>(Collections.nCopies(5, new ClusterCount(4, 4)));
    clusters.addAll(Collections.nCopies(5, new ClusterCount(0, 4)));
    assertThat(DesignEffect.of(clusters)).isCloseTo(156.0 / 36, within(1e-12));
  }

  @Test
  void effect_isOneWhereNothingCanBeEstimated_andNeverBelow() {
    assertThat(DesignEffect.of(List.of())).isEqualTo(1);
    assertThat(DesignEffect.of(List.of(new ClusterCount(3, 9)))).isEqualTo(1);
    assertThat(DesignEffect.of(List.of(new ClusterCount(3, 9), new ClusterCount(0, 0))))
        .isEqualTo(1);
    assertThat(DesignEffect.of(Collections.nCopies(7, new ClusterCount(4, 4)))).isEqualTo(1);
    // every instance has exactly the same share: less spread than chance, no bonus for it
    assertThat(DesignEffect.of(Collections.nCopies(7, new ClusterCount(2, 4)))).isEqualTo(1);
  }

  @Test
  void partsOfATrial_haveBounds() {
    // half of 20 trials that are worth 10: as 5 of 10, [0.2224, ...] (R: qbeta(0.05, 5, 6))
    assertThat(Binomial.lowerBound(5.0, 10.0, 0.95).orElseThrow()).isCloseTo(0.2224, within(1e-4));
    assertThat(Binomial.lowerBound(4.5, 9.5, 0.95).orElseThrow())
        .isBetween(
            Binomial.lowerBound(4, 9.5, 0.95).orElseThrow(),
            Binomial.lowerBound(5, 9.5, 0.95).orElseThrow());
    assertThatThrownBy(() -> Binomial.lowerBound(4.5, 4, 0.95))
        .hasMessage("4.5 successes of 4 trials are impossible");
  }
}
