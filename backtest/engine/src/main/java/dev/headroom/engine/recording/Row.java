package dev.headroom.engine.recording;

import dev.headroom.model.MemoryContext;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One row as a file has it. A column that the file lacks is absent in every row; one that this
 * program does not know is not asked for.
 *
 * <p>{@code get} throws {@link RecordingException.Malformed} when the value is absent or of another
 * type; {@code nullable} answers null when it is absent.
 */
final class Row {

  private final String tableName;
  private final Map<String, ?> values;

  Row(String tableName, Map<String, ?> values) {
    this.tableName = tableName;
    this.values = values;
  }

  String getText(String column) {
    return present(column, nullableText(column));
  }

  @Nullable String nullableText(String column) {
    return value(column, String.class);
  }

  int getInt(String column) {
    return present(column, nullableInt(column));
  }

  @Nullable Integer nullableInt(String column) {
    Long value = nullableLong(column);
    if (value == null) {
      return null;
    }
    if (value.intValue() != value) {
      throw malformed(column, "is " + value + ", beyond a 32-bit integer");
    }
    return value.intValue();
  }

  long getLong(String column) {
    return present(column, nullableLong(column));
  }

  @Nullable Long nullableLong(String column) {
    return switch (values.get(column)) {
      case null -> null;
      case Long value -> value;
      case Integer value -> value.longValue();
      case Object other -> throw wrongType(column, "an integer", other);
    };
  }

  @Nullable Double nullableDouble(String column) {
    return value(column, Double.class);
  }

  boolean getBoolean(String column) {
    return present(column, nullableBoolean(column));
  }

  @Nullable Boolean nullableBoolean(String column) {
    return value(column, Boolean.class);
  }

  Instant getInstant(String column) {
    return present(column, value(column, Instant.class));
  }

  UUID getUuid(String column) {
    return present(column, nullableUuid(column));
  }

  @Nullable UUID nullableUuid(String column) {
    return value(column, UUID.class);
  }

  /** The memory contexts that the text lists. */
  @Nullable List<MemoryContext> nullableContexts(String column) {
    String text = nullableText(column);
    try {
      return text == null ? null : ContextText.parse(text);
    } catch (IllegalArgumentException e) {
      throw malformed(column, "is " + e.getMessage());
    }
  }

  /** The map from text to values of this type; empty when absent. */
  <V> Map<String, V> mapOf(String column, Class<V> valueType) {
    Map<?, ?> map = value(column, Map.class);
    if (map == null) {
      return Map.of();
    }
    Map<String, V> typed = new HashMap<>();
    map.forEach((key, value) -> {
      if (!valueType.isInstance(value)) {
        throw wrongType(column, "a map to " + valueType.getSimpleName(), value);
      }
      typed.put(key.toString(), valueType.cast(value));
    });
    return typed;
  }

  /** The constant that the text names. */
  <E> E getConstant(String column, Function<String, Optional<E>> find) {
    String text = getText(column);
    return find.apply(text)
        .orElseThrow(() ->
            new RecordingException.Unsupported(
                describe(column)
                    + " is \""
                    + text
                    + "\", which this version does not know. Use the version that wrote the"
                    + " recording, or a newer one"));
  }

  private <T> @Nullable T value(String column, Class<T> type) {
    Object value = values.get(column);
    if (value != null && !type.isInstance(value)) {
      throw wrongType(column, type.getSimpleName(), value);
    }
    return type.cast(value);
  }

  private <T> T present(String column, @Nullable T value) {
    if (value == null) {
      throw malformed(column, "is absent where every row must have it");
    }
    return value;
  }

  private RecordingException.Malformed wrongType(
      String column, String expected, @Nullable Object value) {
    String actual = value == null ? "null" : value.getClass().getSimpleName();
    return malformed(column, "holds " + actual + " instead of " + expected);
  }

  private RecordingException.Malformed malformed(String column, String problem) {
    return new RecordingException.Malformed(
        describe(column) + " " + problem + ". Export the recording again");
  }

  private String describe(String column) {
    return "column " + column + " of " + tableName;
  }
}
