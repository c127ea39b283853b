package dev.headroom.engine.recording;

import dev.headroom.model.MemoryContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;

/**
 * Memory contexts as the text of a column: {@code [{"name":"PortalContext","bytes":8192,
 * "blocks":1}]} without blanks, fields in this order. One list has one text, because it is hashed.
 */
final class ContextText {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private ContextText() {}

  static @Nullable String of(@Nullable List<MemoryContext> contexts) {
    if (contexts == null) {
      return null;
    }
    ArrayNode array = MAPPER.createArrayNode();
    for (MemoryContext context : contexts) {
      array
          .addObject()
          .put("name", context.name())
          .put("bytes", context.bytes())
          .put("blocks", context.blocks());
    }
    return array.toString();
  }

  /**
   * Reads what {@link #of} wrote.
   *
   * @throws IllegalArgumentException when it is anything else
   */
  static List<MemoryContext> parse(String text) {
    try {
      List<MemoryContext> contexts = new ArrayList<>();
      JsonNode array = MAPPER.readTree(text);
      if (!array.isArray()) {
        throw new IllegalArgumentException("not a list of memory contexts: " + text);
      }
      for (JsonNode context : array) {
        contexts.add(
            new MemoryContext(
                context.required("name").stringValue(),
                context.required("bytes").longValue(),
                context.required("blocks").longValue()));
      }
      return contexts;
    } catch (JacksonException malformed) {
      throw new IllegalArgumentException("not a list of memory contexts: " + text, malformed);
    }
  }
}
