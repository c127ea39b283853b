package dev.headroom.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** How people write a length of time: {@code 500ms}, {@code 10s}, {@code 5m}, {@code 7d}. */
public final class TimeSpan {

  private static final Pattern SPAN = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  private TimeSpan() {}

  /** Whether a text is meant as a length of time. */
  static boolean matches(String text) {
    return SPAN.matcher(text.strip()).matches();
  }

  /**
   * Reads a length of time.
   *
   * @param option which option it was given for
   * @throws CommandFailure when it is none
   */
  public static Duration parse(String option, String text) {
    Matcher matcher = SPAN.matcher(text.strip());
    if (!matcher.matches()) {
      throw CommandFailure.usage(
          option + " takes a duration such as 500ms, 10s, 5m, 1h or 7d, not '" + text + "'");
    }
    long amount = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2)) {
      case "ms" -> Duration.ofMillis(amount);
      case "s" -> Duration.ofSeconds(amount);
      case "m" -> Duration.ofMinutes(amount);
      case "h" -> Duration.ofHours(amount);
      default -> Duration.ofDays(amount);
    };
  }

  /** The same, or absent when nothing was given. */
  public static @Nullable Duration parseIfGiven(String option, @Nullable String text) {
    return text == null ? null : parse(option, text);
  }
}
