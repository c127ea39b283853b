package dev.headroom.promotion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GateSettingsTest {

  @Test
  void whatIsLeftOut_isTheDefault_andTheWholeIsReadBack() {
    assertThat(GateSettings.parse("{}")).isEqualTo(GateSettings.DEFAULT);
    GateSettings own =
        GateSettings.parse(
            "{\"automatic\": true, \"canary_percents\": [50], \"allowed_blocks_per_instance_day\": 2.5}");
    assertThat(own.automatic()).isTrue();
    assertThat(own.ladder().rungs())
        .containsExactly(Rung.OFF, Rung.SHADOW, Rung.canary(50), Rung.ENFORCE);
    assertThat(own.allowedBlocksPerInstanceDay()).isEqualTo(2.5);
    assertThat(own.alpha()).isEqualTo(GateSettings.DEFAULT.alpha());
    assertThat(GateSettings.parse(own.toJson())).isEqualTo(own);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[] | a JSON object",
        "{ | cannot be read",
        "{\"alhpa\": 0.1} | there is no 'alhpa'; there are",
        "{\"alpha\": 0} | alpha is above 0",
        "{\"alpha\": \"x\"} | cannot be read",
        "{\"canary_percents\": [5, 1]} | canary percentages grow",
        "{\"canary_percents\": []} | one canary or more",
        "{\"minimum_blocks\": 0} | 1 or more",
        "{\"silence_ms\": null} | cannot be read"
      })
  void whatMakesNoSense_isNamed(String json, String message) {
    assertThatThrownBy(() -> GateSettings.parse(json))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void places_areReadAsPeopleWriteThem() {
    assertThat(Rung.parse("shadow", Ladder.DEFAULT)).isEqualTo(Rung.SHADOW);
    assertThat(Rung.parse("Canary", Ladder.DEFAULT)).isEqualTo(Rung.canary(1));
    assertThat(Rung.parse("canary:25%", Ladder.DEFAULT)).isEqualTo(Rung.canary(25));
    assertThat(Rung.parse("enforce", Ladder.DEFAULT)).isEqualTo(Rung.ENFORCE);
    assertThatThrownBy(() -> Rung.parse("off", Ladder.DEFAULT)).hasMessageContaining("'off'");
    assertThatThrownBy(() -> Rung.parse("canary:0", Ladder.DEFAULT))
        .hasMessageContaining("1 to 99");
  }
}
