package dev.headroom.cli;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How people write a moment: {@code now}, {@code 30d} (ago), a date, or a date with time and zone.
 */
final class Moment {

  private static final Pattern AGO = Pattern.compile("(\\d{1,9})([smhdw])(?: ago)?");

  private Moment() {}

  /**
   * Reads a moment, to the microsecond that the database keeps.
   *
   * @param text such as {@code now}, {@code 90m}, {@code 30d}, {@code 2026-11-20} (midnight UTC) or
   *     {@code 2026-11-20T10:00:00Z}
   * @param now what {@code now} means
   * @throws CommandFailure when it is none of these
   */
  static Instant parse(String text, Instant now) {
    return exact(text, now).truncatedTo(ChronoUnit.MICROS);
  }

  private static Instant exact(String text, Instant now) {
    String trimmed = text.strip();
    if (trimmed.equals("now")) {
      return now;
    }
    Matcher ago = AGO.matcher(trimmed);
    try {
      if (ago.matches()) {
        return now.minus(unit(ago.group(2)).multipliedBy(Long.parseLong(ago.group(1))));
      }
      return trimmed.contains("T")
          ? OffsetDateTime.parse(trimmed).toInstant()
          : LocalDate.parse(trimmed).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException | ArithmeticException e) {
      throw CommandFailure.usage(
          "'"
              + text
              + "' is no moment; write now, 90m or 30d (ago), 2026-11-20, or 2026-11-20T10:00:00Z");
    }
  }

  private static Duration unit(String letter) {
    return switch (letter) {
      case "s" -> Duration.ofSeconds(1);
      case "m" -> Duration.ofMinutes(1);
      case "h" -> Duration.ofHours(1);
      case "d" -> Duration.ofDays(1);
      default -> Duration.ofDays(7);
    };
  }
}
