package dev.headroom.engine.recording;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/** What a column holds, and its bytes in the canonical form of a row. */
enum ColumnType {
  /** One byte, 0 or 1. */
  BOOLEAN,
  /** Eight bytes, like {@link #LONG}. */
  INTEGER,
  /** Eight bytes, two's complement. */
  LONG,
  /** Eight bytes of IEEE 754; 0.0 and -0.0 are the same. */
  DOUBLE,
  /** Eight bytes: microseconds since 1970-01-01T00:00:00Z, two's complement. */
  INSTANT,
  /** Sixteen bytes. */
  UUID,
  /** Four bytes of length, then UTF-8. */
  TEXT,
  /** Four bytes of size, then keys and values as text, in ascending order of the keys' UTF-8. */
  TEXT_MAP,
  /** Four bytes of size, then keys as text and values as eight bytes of IEEE 754, likewise. */
  NUMBER_MAP;

  private static final Comparator<String> BY_UTF8 =
      Comparator.comparing(key -> key.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  /**
   * Puts a value of this type.
   *
   * @throws IllegalArgumentException when an instant has a fraction below a microsecond
   */
  void put(CanonicalBytes bytes, Object value) {
    switch (this) {
      case BOOLEAN -> bytes.putByte((Boolean) value ? 1 : 0);
      case INTEGER, LONG -> bytes.putLong(((Number) value).longValue());
      case DOUBLE -> bytes.putLong(bits((Double) value));
      case INSTANT -> bytes.putLong(microseconds((Instant) value));
      case UUID -> bytes.putUuid((UUID) value);
      case TEXT -> bytes.putText((String) value);
      case TEXT_MAP, NUMBER_MAP -> putMap(bytes, (Map<?, ?>) value);
    }
  }

  private static long microseconds(Instant instant) {
    if (!instant.equals(instant.truncatedTo(ChronoUnit.MICROS))) {
      throw new IllegalArgumentException(
          instant + " has a fraction below a microsecond; recorded times are whole microseconds");
    }
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }

  /** JSON in the database does not keep the sign of zero. */
  private static long bits(double number) {
    return Double.doubleToLongBits(number + 0.0);
  }

  private static void putMap(CanonicalBytes bytes, Map<?, ?> map) {
    bytes.putInt(map.size());
    List<String> keys = map.keySet().stream().map(String.class::cast).sorted(BY_UTF8).toList();
    for (String key : keys) {
      bytes.putText(key);
      switch (map.get(key)) {
        case String text -> bytes.putText(text);
        case Double number -> bytes.putLong(bits(number));
        case null, default ->
            throw new IllegalArgumentException(key + " is neither a text nor a number");
      }
    }
  }
}
