package dev.headroom.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How people write an amount of memory: {@code 64MiB}, {@code 1.5GiB}; never without a unit. */
final class ByteSize {

  private static final Pattern SIZE = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(B|[KMGT]iB)");

  private static final Map<String, Long> BYTES_BY_UNIT =
      Map.of("B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);

  private ByteSize() {}

  /**
   * Reads an amount of memory in bytes, or absent when nothing was given; a fraction of a byte is
   * dropped.
   *
   * @param option which option it was given for
   * @throws CommandFailure when it is none
   */
  static @Nullable Long parseIfGiven(String option, @Nullable String text) {
    if (text == null) {
      return null;
    }
    Matcher matcher = SIZE.matcher(text.strip());
    if (!matcher.matches()) {
      throw CommandFailure.usage(
          option + " takes an amount of memory such as 64MiB or 1.5GiB, not '" + text + "'");
    }
    long unit = Objects.requireNonNull(BYTES_BY_UNIT.get(matcher.group(2)));
    return new BigDecimal(matcher.group(1))
        .multiply(BigDecimal.valueOf(unit))
        .setScale(0, RoundingMode.FLOOR)
        .longValue();
  }
}
