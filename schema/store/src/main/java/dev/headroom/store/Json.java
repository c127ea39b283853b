package dev.headroom.store;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The two JSON objects in the tables: an instance's labels and a decision's inputs. */
final class Json {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private Json() {}

  static String ofLabels(Map<String, String> labels) {
    Map<String, String> storable = new TreeMap<>();
    labels.forEach((name, value) -> storable.put(withoutNul(name), withoutNul(value)));
    return MAPPER.writeValueAsString(storable);
  }

  static Map<String, String> labels(String json) {
    return MAPPER.readValue(json, new TypeReference<Map<String, String>>() {});
  }

  /** Numbers that JSON or {@code jsonb} cannot hold (NaN, infinities, -0.0) become strings. */
  static String ofInputs(Map<String, Double> inputs) {
    Map<String, Object> storable = new TreeMap<>();
    inputs.forEach((name, value) -> storable.put(withoutNul(name), storable(value)));
    return MAPPER.writeValueAsString(storable);
  }

  static Map<String, Double> inputs(String json) {
    Map<String, Double> inputs = new HashMap<>();
    MAPPER
        .readTree(json)
        .forEachEntry((name, value) -> inputs.put(name, Double.valueOf(value.asString())));
    return inputs;
  }

  private static Object storable(Double value) {
    boolean negativeZero = value.equals(-0.0);
    return Double.isFinite(value) && !negativeZero ? value : value.toString();
  }

  private static String withoutNul(String text) {
    return text.replace('\0', '\uFFFD');
  }
}
