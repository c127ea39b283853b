package dev.headroom.engine.statistics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class CompactNumberTest {

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "0.00123456, 0.00123",
    "0.9986, 0.999",
    "1, 1",
    "10.34, 10.3",
    "325.6, 326",
    "999.4, 999",
    "999.6, 1k",
    "4512, 4.5k",
    "32620800, 33M",
    "999600000, 1G",
    "7e21, 7000E"
  })
  void number_hasFewDigits_andTheLetterOfItsSize(double value, String compact) {
    assertThat(CompactNumber.of(value)).isEqualTo(compact);
  }

  @ParameterizedTest
  @ValueSource(doubles = {-1, Double.NaN, Double.POSITIVE_INFINITY})
  void whatIsNoSize_isRefused(double value) {
    assertThatThrownBy(() -> CompactNumber.of(value))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageEndingWith("not " + value);
  }
}
