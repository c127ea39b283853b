package dev.headroom.engine.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WordingTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0          | 0 instance-days",
        "1234.56    | 1,235 instance-days",
        "9.2        | 9.2 instance-days",
        "0.1        | 0.1 instance-days",
        "0.09       | 2.16 instance-hours", // 0.09 * 24
        "0.03125    | 45 instance-minutes", // 0.75 hours
        "0.00000625 | 0.009 instance-minutes" // 0.54 s
      })
  void exposure_isInTheUnitThatReadsWell(double instanceDays, String words) {
    assertThat(Wording.exposure(instanceDays)).isEqualTo(words);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0       | 0 GiB·h",
        "0.000001| under 0.01 MiB·h",
        "0.00002 | 0.020 MiB·h",
        "0.0099  | 10 MiB·h",
        "0.01    | 0.010 GiB·h",
        "0.0754  | 0.075 GiB·h",
        "0.1     | 0.10 GiB·h",
        "4       | 4.0 GiB·h",
        "9.97    | 10 GiB·h",
        "123     | 120 GiB·h",
        "1234.5  | 1,200 GiB·h"
      })
  void gibHours_haveTwoSignificantDigits(double gibHours, String words) {
    assertThat(Wording.gibHours(gibHours)).isEqualTo(words);
  }

  @Test
  void unknownGibHours_areNoData() {
    assertThat(Wording.gibHours(null)).isEqualTo("no data");
  }
}
