package dev.headroom.web.http;

import dev.headroom.model.InstanceId;
import io.javalin.http.Context;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads parameters of a request; whatever is wrong with one is a 400 that says so. */
public final class Query {

  private static final Pattern AGO = Pattern.compile("(\\d{1,6})(s|m|h|d)");
  private static final Instant EARLIEST = Instant.parse("2000-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("2200-01-01T00:00:00Z");

  private Query() {}

  /**
   * A range of time.
   *
   * @param from the first moment that belongs to it
   * @param to the first moment after it
   */
  public record Range(Instant from, Instant to) {

    public Duration span() {
      return Duration.between(from, to);
    }
  }

  /**
   * The parameters {@code from} and {@code to}: a moment in ISO text, {@code now}, or a time ago
   * such as {@code 90m}.
   *
   * @param defaultFrom when {@code from} is absent
   */
  public static Range range(Context context, String defaultFrom) {
    Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);
    Instant from = moment("from", orElse(context.queryParam("from"), defaultFrom), now);
    Instant to = moment("to", orElse(context.queryParam("to"), "now"), now);
    if (!from.isBefore(to)) {
      throw ApiException.badRequest(
          "from (" + from + ") must be before to (" + to + ")", "exchange them");
    }
    return new Range(from, to);
  }

  /**
   * A moment in ISO text, {@code now}, or a time ago such as {@code 90m}.
   *
   * @param name of the parameter
   */
  public static Instant moment(String name, String text, Instant now) {
    if (text.equals("now")) {
      return now;
    }
    Matcher ago = AGO.matcher(text);
    if (ago.matches()) {
      return now.minus(Duration.ofSeconds(Long.parseLong(ago.group(1)) * secondsOf(ago.group(2))));
    }
    try {
      Instant moment = Instant.parse(text).truncatedTo(ChronoUnit.MICROS);
      if (moment.isBefore(EARLIEST) || moment.isAfter(LATEST)) {
        throw ApiException.badRequest(
            name + " is " + moment + ", which no recording reaches",
            "a moment from " + EARLIEST + " to " + LATEST);
      }
      return moment;
    } catch (DateTimeException e) {
      throw ApiException.badRequest(
          name + " is no moment",
          "write now, 90m or 30d (ago), or a moment such as 2026-11-20T10:00:00Z");
    }
  }

  private static long secondsOf(String unit) {
    return switch (unit) {
      case "s" -> 1;
      case "m" -> 60;
      case "h" -> 3_600;
      default -> 86_400;
    };
  }

  /** A whole number within bounds. */
  public static int integer(Context context, String name, int byDefault, int least, int most) {
    String text = context.queryParam(name);
    if (text == null) {
      return byDefault;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // The same answer as for a number out of bounds.
    }
    throw ApiException.badRequest(
        name + " is a whole number from " + least + " to " + most, "correct " + name);
  }

  /** The instance that the path names. */
  public static InstanceId instanceId(Context context) {
    return new InstanceId(uuid(context, "id"));
  }

  /** An id in the path. */
  public static UUID uuid(Context context, String name) {
    return uuid(name, context.pathParam(name));
  }

  /** An id that was given as text. */
  public static UUID uuid(String name, String text) {
    try {
      UUID id = UUID.fromString(text);
      // Java also takes ids with digits left out.
      if (id.toString().equalsIgnoreCase(text)) {
        return id;
      }
    } catch (IllegalArgumentException e) {
      // The same answer as for a short one.
    }
    throw ApiException.badRequest(
        name + " is no id", "an id looks like 0f8fad5b-d9cb-469f-a165-70867728950e");
  }

  private static String orElse(@Nullable String text, String other) {
    return text == null || text.isEmpty() ? other : text;
  }
}
