package dev.headroom.cli;

import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/** How commands print JSON: indented, in the order the fields were put. */
public final class Json {

  private static final JsonMapper MAPPER =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private Json() {}

  /** JSON text as a tree. */
  static JsonNode read(String text) {
    return MAPPER.readTree(text);
  }

  /** The value as a tree. */
  static JsonNode tree(Object value) {
    return MAPPER.valueToTree(value);
  }

  /** The value as JSON text. */
  public static String write(Object value) {
    return MAPPER.writeValueAsString(value);
  }

  /** The value as JSON text on one line. */
  static String writeLine(Object value) {
    return JsonMapper.shared().writeValueAsString(value);
  }
}
