package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;

final class StatisticsTest {

  private static final Offset<Double> HALF_PERCENT = within(0.005);
  private static final Offset<Double> EXACT = within(1e-6);

  private static Estimate.Known known(Estimate estimate) {
    assertThat(estimate).isInstanceOf(Estimate.Known.class);
    return (Estimate.Known) estimate;
  }

  @Test
  void tenOfTen_hasATwoSidedLowerLimitOf69Percent() {
    // 0.025^(1/10) = 0.6915; Wilson says 0.7225
    assertThat(known(Binomial.clopperPearson(10, 10, 0.95)).lower())
        .isCloseTo(0.6915, within(1e-4));
    assertThat(known(Binomial.wilson(10, 10, 0.95)).lower()).isCloseTo(0.7225, within(1e-4));
  }

  @Test
  void ninetyPercentWithoutAMiss_needs29KillsOneSided_and36TwoSided() {
    assertThat(Binomial.neededTrials(0, 0, 0.9, 0.95)).hasValue(29);
    assertThat(Binomial.neededTrials(0, 0, 0.9, 0.975)).hasValue(36);
    assertThat(Binomial.neededTrials(0, 0, 0.8, 0.95)).hasValue(14);
    assertThat(Binomial.neededTrials(0, 0, 0.8, 0.975)).hasValue(17);
  }

  @Test
  void neededTrials_countsOnlyWhatIsStillMissing() {
    assertThat(Binomial.neededTrials(20, 20, 0.9, 0.95)).hasValue(9);
    assertThat(Binomial.neededTrials(29, 29, 0.9, 0.95)).hasValue(0);
    // one miss needs 46 trials in all (0.9^46 + 46*0.1*0.9^45 = 0.048 < 0.05, with 45: 0.0524)
    assertThat(Binomial.neededTrials(0, 1, 0.9, 0.95)).hasValue(45);
  }

  @Test
  void wilson_matchesTheTableOfTheDesign() {
    // 25 of 27: 93% [77, 98]; 14 of 27: 52% [34, 69]
    Estimate.Known talk = known(Binomial.wilson(25, 27, 0.95));
    assertThat(talk.lower()).isCloseTo(0.77, HALF_PERCENT);
    assertThat(talk.upper()).isCloseTo(0.98, HALF_PERCENT);
    Estimate.Known fixed = known(Binomial.wilson(14, 27, 0.95));
    assertThat(fixed.lower()).isCloseTo(0.34, HALF_PERCENT);
    assertThat(fixed.upper()).isCloseTo(0.69, HALF_PERCENT);
  }

  @Test
  void clopperPearson_matchesAPublishedExample() {
    // 2 of 20, 95%: [0.0123, 0.3170] (R's binom.test)
    Estimate.Known interval = known(Binomial.clopperPearson(2, 20, 0.95));
    assertThat(interval.lower()).isCloseTo(0.01234853, EXACT);
    assertThat(interval.upper()).isCloseTo(0.31698271, EXACT);
  }

  @Test
  void bounds_meetTheirEnds() {
    assertThat(Binomial.lowerBound(0, 5, 0.95)).hasValue(0);
    assertThat(Binomial.upperBound(5, 5, 0.95)).hasValue(1);
    Estimate.Known none = known(Binomial.wilson(0, 27, 0.95));
    assertThat(none.lower()).isZero();
    assertThat(none.upper()).isCloseTo(0.1246, within(1e-3));
  }

  @Test
  void nothingCounted_isNoData_neverZeroOrOne() {
    assertThat(Binomial.wilson(0, 0, 0.95)).isEqualTo(Estimate.NO_DATA);
    assertThat(Binomial.clopperPearson(0, 0, 0.95)).isEqualTo(Estimate.NO_DATA);
    assertThat(Binomial.lowerBound(0, 0, 0.95)).isEmpty();
    assertThat(Binomial.upperBound(0, 0, 0.95)).isEmpty();
    assertThat(Poisson.rate(0, 0, 0.95)).isEqualTo(Estimate.NO_DATA);
    assertThat(Poisson.upperBound(0, 0, 0.95)).isEmpty();
    assertThat(McNemar.pValue(0, 0)).isEmpty();
  }

  @Test
  void zeroFalseBlocks_needTheRuleOfThree() {
    // -ln(0.05) = 2.9957: fewer than 1 in 1,000 takes 2,996 clean instance-days
    assertThat(Math.ceil(Poisson.neededTime(0, 0, 0.001, 0.95))).isEqualTo(2996);
    assertThat(known(Poisson.rate(0, 9.2, 0.95)).upper() * 1000).isCloseTo(325.6, within(0.1));
    assertThat(known(Poisson.rate(0, 9.2, 0.95)).lower()).isZero();
  }

  @Test
  void poissonInterval_matchesGarwoodsTable() {
    // 3 events: [0.6187, 8.7673]; 10 events: [4.7954, 18.3904]
    Estimate.Known three = known(Poisson.rate(3, 1, 0.95));
    assertThat(three.lower()).isCloseTo(0.618672, EXACT);
    assertThat(three.upper()).isCloseTo(8.767273, EXACT);
    Estimate.Known ten = known(Poisson.rate(10, 1, 0.95));
    assertThat(ten.lower()).isCloseTo(4.795389, EXACT);
    assertThat(ten.upper()).isCloseTo(18.390356, EXACT);
  }

  @Test
  void mcNemar_needsSixDiscordantKillsOneWay() {
    assertThat(McNemar.pValue(5, 0).orElseThrow()).isCloseTo(0.0625, EXACT);
    assertThat(McNemar.pValue(0, 6).orElseThrow()).isCloseTo(0.03125, EXACT);
    assertThat(McNemar.pValue(3, 3).orElseThrow()).isEqualTo(1);
    // 11 to 0: 2 * 2^-11 = 0.000977
    assertThat(McNemar.pValue(11, 0).orElseThrow()).isCloseTo(0.0009766, EXACT);
  }

  @Test
  void impossibleCounts_areRefused() {
    assertThatThrownBy(() -> Binomial.wilson(3, 2, 0.95))
        .hasMessage("3 successes of 2 trials are impossible");
    assertThatThrownBy(() -> Poisson.rate(1, Double.NaN, 0.95))
        .hasMessage("1 events over a time of NaN are impossible");
    assertThatThrownBy(() -> Poisson.neededTime(0, 1, 0, 0.95))
        .hasMessage("no time proves a rate of 0.0");
    assertThatThrownBy(() -> McNemar.pValue(-1, 0)).hasMessageContaining("-1 and 0");
  }

  @Test
  void pValueOfAShare_isThatOfConoversExample_andOneWithoutTrials() {
    // Conover (1971), pages 97 to 104, as in R's documentation of binom.test: p = 0.3825.
    assertThat(Binomial.pValue(682, 925, 0.75)).isCloseTo(0.3825, within(5e-5));
    assertThat(Binomial.pValue(0, 0, 0.2)).isEqualTo(1);
    assertThat(Binomial.pValue(5, 10, 0.5)).isEqualTo(1);
    assertThat(Binomial.pValue(10, 10, 0.5)).isCloseTo(2.0 / 1024, within(1e-12));
    assertThat(Binomial.pValue(1, 10, 0)).isZero();
  }
}
