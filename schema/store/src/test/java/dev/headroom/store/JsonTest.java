package dev.headroom.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** An immutable map's own order changes with every start of the JVM; what is stored must not. */
final class JsonTest {

  @Test
  void labels_areWrittenInTheOrderOfTheirKeys() {
    Map<String, String> labels =
        Map.of(
            "h", "1", "c", "2", "f", "3", "a", "4", "g", "5", "e", "6", "b", "7", "d", "8\0", "B",
            "9");

    assertThat(Json.ofLabels(labels))
        .isEqualTo(
            """
            {"B":"9","a":"4","b":"7","c":"2","d":"8\uFFFD","e":"6","f":"3","g":"5","h":"1"}\
            """);
  }

  @Test
  void inputs_areWrittenInTheOrderOfTheirNames_andComeBack() {
    Map<String, Double> inputs =
        Map.of(
            "h",
            1.5,
            "c",
            Double.NaN,
            "f",
            -0.0,
            "a",
            4e12,
            "g",
            0.0,
            "e",
            6.0,
            "b",
            -7.25,
            "d",
            Double.POSITIVE_INFINITY);

    String json = Json.ofInputs(inputs);

    assertThat(json)
        .isEqualTo(
            """
            {"a":4.0E12,"b":-7.25,"c":"NaN","d":"Infinity","e":6.0,"f":"-0.0","g":0.0,"h":1.5}\
            """);
    assertThat(Json.inputs(json)).isEqualTo(inputs);
  }
}
