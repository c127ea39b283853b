package dev.headroom.engine.casefile;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers with a unit, as people write them in case files. */
final class Quantity {

  private static final Pattern FORM = Pattern.compile("(-?\\d+(?:\\.\\d+)?)([A-Za-z]*)");

  private static final Map<String, Long> BYTES_BY_UNIT =
      Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);

  private static final Map<String, Long> NS_BY_UNIT =
      Map.of(
          "ns", 1L,
          "us", 1_000L,
          "ms", 1_000_000L,
          "s", 1_000_000_000L,
          "m", 60_000_000_000L,
          "h", 3_600_000_000_000L,
          "d", 86_400_000_000_000L);

  private static final long MIB = 1L << 20;

  private Quantity() {}

  /** A number of bytes with or without a unit; a fraction of a byte is dropped. */
  static Optional<Long> findBytes(String text) {
    return find(text, BYTES_BY_UNIT, true)
        .filter(bytes -> bytes.signum() >= 0)
        .map(bytes -> bytes.setScale(0, RoundingMode.FLOOR).longValueExact());
  }

  /** The value of an input: bytes with a unit, or a plain number. */
  static Optional<Double> findInput(String text) {
    return find(text, BYTES_BY_UNIT, true).map(BigDecimal::doubleValue);
  }

  /** A time in nanoseconds; only zero goes without a unit. */
  static Optional<Long> findNanoseconds(String text) {
    return find(text, NS_BY_UNIT, text.equals("0"))
        .filter(time -> time.signum() >= 0)
        .map(time -> time.setScale(0, RoundingMode.FLOOR).longValueExact());
  }

  /** Bytes for a person to compare: exact, in MiB where that is whole. */
  static String ofBytes(long bytes) {
    return bytes % MIB == 0 ? bytes / MIB + "MiB" : bytes + "B";
  }

  private static Optional<BigDecimal> find(
      String text, Map<String, Long> units, boolean bareAllowed) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    Long factor =
        form.group(2).isEmpty() && bareAllowed ? Long.valueOf(1) : units.get(form.group(2));
    return Optional.ofNullable(factor)
        .map(unit -> new BigDecimal(form.group(1)).multiply(BigDecimal.valueOf(unit)));
  }
}
