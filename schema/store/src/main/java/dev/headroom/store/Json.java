package dev.headroom.store;

import dev.headroom.model.MemoryContext;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.json.JsonMapper;

/** The JSON in the tables: labels of an instance, inputs of a decision, contexts of a victim. */
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

  static String ofContexts(List<MemoryContext> contexts) {
    return MAPPER.writeValueAsString(
        contexts.stream()
            .map(it -> new MemoryContext(withoutNul(it.name()), it.bytes(), it.blocks()))
            .toList());
  }

  static List<MemoryContext> contexts(String json) {
    return MAPPER.readValue(json, new TypeReference<List<MemoryContext>>() {});
  }

  private static Object storable(Double value) {
    boolean negativeZero = value.equals(-0.0);
    return Double.isFinite(value) && !negativeZero ? value : value.toString();
  }

  private static String withoutNul(String text) {
    return text.replace('\0', '\uFFFD');
  }
}
