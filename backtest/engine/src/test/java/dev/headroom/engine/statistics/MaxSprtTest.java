package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Published figures: Kulldorff, Davis, Kolczak, Lewis, Lieu, Platt (2011), Sequential Analysis 30:
 * 58-78, Tables 1 to 3; Kulldorff and Silva (2017), REVSTAT 15: 373-394, and the tables and
 * examples of the R package Sequential, for least numbers of events.
 */
class MaxSprtTest {

  @ParameterizedTest
  @CsvSource({
    "0.1, 0.05, 2.044069", "0.5, 0.05, 2.637928", "1, 0.05, 2.853937", "2, 0.05, 3.046977",
    "5, 0.05, 3.297183", "10, 0.05, 3.467952", "20, 0.05, 3.628123", "50, 0.05, 3.819903",
    "100, 0.05, 3.952321", "200, 0.05, 4.074828", "1, 0.01, 4.670428", "10, 0.01, 5.260513",
    "100, 0.01, 5.738974", "1, 0.001, 7.172614", "10, 0.001, 7.724863", "100, 0.001, 8.199403"
  })
  void criticalValues_areThoseOfTable1(double length, double alpha, double published) {
    assertThat(MaxSprt.of(alpha, length, 1).criticalValue()).isCloseTo(published, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 2, 2.36663822744395", "1, 3, 1.7742178463146", "3, 4, 2.31713928988974",
    "10, 2, 3.23800870652229", "10, 3, 3.06424796686384", "10, 4, 2.92156132978567",
    "10, 10, 2.2814406139523", "20, 6, 2.99779165442139", "100, 4, 3.63650814981748",
    "200, 8, 3.61982463789605"
  })
  void criticalValues_withALeastNumberOfEvents_areThePublishedOnes(
      double length, int minimumEvents, double published) {
    assertThat(MaxSprt.of(0.05, length, minimumEvents).criticalValue())
        .isCloseTo(published, within(1e-6));
  }

  @Test
  void theLongestTest_isThePublishedOne() {
    assertThat(MaxSprt.of(0.05, 1000, 1).criticalValue()).isCloseTo(4.324917, within(1e-6));
  }

  @ParameterizedTest
  @CsvSource({"1, 2, 0.185", "1, 5, 0.729", "10, 1.5, 0.280", "20, 2, 0.921", "100, 1.2, 0.368"})
  void power_isThatOfTable2(double length, double ratio, double published) {
    assertThat(MaxSprt.of(0.05, length, 1).performance(ratio).signalProbability())
        .isCloseTo(published, within(5e-4));
  }

  @ParameterizedTest
  @CsvSource({"1, 1, 0.22", "1, 10, 0.22", "10, 1, 1.83", "10, 3, 2.45", "50, 1.5, 20.45"})
  void timeToASignal_isThatOfTable3(double length, double ratio, double published) {
    assertThat(MaxSprt.of(0.05, length, 1).performance(ratio).signalTime())
        .isCloseTo(published, within(0.005));
  }

  @Test
  void performance_isThatOfThePackagesExample() {
    MaxSprt.Performance doubled = MaxSprt.of(0.05, 10, 1).performance(2);
    assertThat(doubled.signalProbability()).isCloseTo(0.6850634, within(1e-6));
    assertThat(doubled.signalTime()).isCloseTo(4.130985, within(1e-5));
    assertThat(doubled.signalEvents()).isGreaterThan(2 * doubled.signalTime());
  }

  @Test
  void anAlphaThatNoCriticalValueReaches_isKeptBelow() {
    MaxSprt test = MaxSprt.of(0.05, 1, 10);
    assertThat(test.performance(1).signalProbability()).isLessThan(0.05);
    assertThat(test.signals(9, 0.1)).isFalse();
    assertThat(test.signals(10, 0.9)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({"1, 1", "10, 1", "10, 4", "50, 4"})
  void simulations_findTheExactFiguresAgain(double length, int minimumEvents) {
    MaxSprt test = MaxSprt.of(0.05, length, minimumEvents);
    for (double ratio : new double[] {1, 2, 5}) {
      MaxSprt.Performance exact = test.performance(ratio);
      MaxSprtSimulation played = MaxSprtSimulation.of(test, ratio, 20_000, 7);
      double share = (double) played.signals() / played.runs();
      double p = exact.signalProbability();
      double fourSigma = 4 * Math.sqrt(p * (1 - p) / played.runs()) + 1e-4;
      assertThat(share).as("ratio " + ratio).isCloseTo(p, within(fourSigma));
      assertThat(played.signalTime())
          .isCloseTo(exact.signalTime(), within(0.1 * exact.signalTime()));
      assertThat(played.signalEvents())
          .isCloseTo(exact.signalEvents(), within(0.1 * exact.signalEvents()));
    }
  }

  @Test
  void theSameSeed_playsTheSame() {
    MaxSprt test = MaxSprt.of(0.05, 5, 2);
    assertThat(MaxSprtSimulation.of(test, 2, 500, 3))
        .isEqualTo(MaxSprtSimulation.of(test, 2, 500, 3))
        .isNotEqualTo(MaxSprtSimulation.of(test, 2, 500, 4));
  }

  @Test
  void fewestEventsForASignal_isTheBoundary() {
    MaxSprt test = MaxSprt.of(0.05, 10, 4);
    assertThat(test.signalAt(0)).hasValue(4);
    for (double expected : new double[] {0.1, 0.5, 1, 3, 9.9}) {
      int fewest = test.signalAt(expected).orElseThrow();
      assertThat(test.signals(fewest, expected)).isTrue();
      assertThat(fewest == 4 || !test.signals(fewest - 1, expected)).isTrue();
    }
    assertThat(test.signalAt(10.1)).isEmpty();
  }

  @Test
  void whatMakesNoSense_isRefused() {
    assertThatThrownBy(() -> MaxSprt.of(0, 1, 1)).hasMessageContaining("false alarm");
    assertThatThrownBy(() -> MaxSprt.of(0.05, 1001, 1)).hasMessageContaining("length");
    assertThatThrownBy(() -> MaxSprt.of(0.05, 1, 0)).hasMessageContaining("1 event or more");
    assertThatThrownBy(() -> MaxSprt.logLikelihoodRatio(-1, 1)).hasMessageContaining("impossible");
  }
}
