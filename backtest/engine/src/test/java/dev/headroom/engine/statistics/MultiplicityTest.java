package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class MultiplicityTest {

  @ParameterizedTest
  @CsvSource({"1, 0.50", "20, 0.79", "100, 0.88", "1000, 0.96"})
  void bestOfManyCoins_looksGoodOnTenKills(int tried, double share) {
    assertThat(Multiplicity.expectedBestShare(tried, 10, 0.5)).isCloseTo(share, within(0.006));
  }

  @Test
  void bestOfTwo_isWorkedByHand() {
    // two coins, one toss each: 1 unless both fail, 1 - 1/4
    assertThat(Multiplicity.expectedBestShare(2, 1, 0.5)).isCloseTo(0.75, within(1e-12));
    // two tosses each: chance of at most 0, 1 heads: 1/4, 3/4; (1 - 1/16 + 1 - 9/16) / 2 = 11/16
    assertThat(Multiplicity.expectedBestShare(2, 2, 0.5)).isCloseTo(0.6875, within(1e-12));
  }

  @Test
  void confidence_isDividedAmongAllThatWereTried() {
    assertThat(Multiplicity.confidence(0.95, 1)).isEqualTo(0.95);
    assertThat(Multiplicity.confidence(0.95, 100)).isCloseTo(0.9995, within(1e-12));
    // 90% of kills without a miss: ln(0.05)/ln(0.9) = 28.4, ln(0.0005)/ln(0.9) = 72.1
    assertThat(Binomial.neededTrials(0, 0, 0.9, Multiplicity.confidence(0.95, 1))).hasValue(29);
    assertThat(Binomial.neededTrials(0, 0, 0.9, Multiplicity.confidence(0.95, 100))).hasValue(73);
  }

  @Test
  void nothingTried_isRefused() {
    assertThatThrownBy(() -> Multiplicity.confidence(0.95, 0))
        .hasMessage("at least 1 was tried, not 0");
    assertThatThrownBy(() -> Multiplicity.expectedBestShare(5, 0, 0.5))
        .hasMessage("nothing is best in 0 trials");
  }
}
