package dev.headroom.engine.report;

import dev.headroom.engine.backtest.Manifest;
import dev.headroom.engine.statistics.CompactNumber;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as every report writes them, in the same way on every machine. */
public final class Wording {

  static final String NO_DATA = "no data";

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final double MIB_PER_GIB = 1024;
  private static final double SMALLEST_AMOUNT = 0.01;
  private static final MathContext TWO_DIGITS = new MathContext(2);
  private static final MathContext SIX_DIGITS = new MathContext(6);
  private static final double FEWEST_DAYS = 0.1;
  private static final double HOURS_PER_DAY = 24;
  private static final double MINUTES_PER_HOUR = 60;
  private static final double MS_PER_SECOND = 1000;

  private Wording() {}

  /** What was replayed, by its name, or else by its range of time. */
  static String recording(Manifest manifest) {
    Instant start = manifest.startsAt();
    Instant end = manifest.endsAt();
    if (manifest.recordingName() != null) {
      return manifest.recordingName();
    }
    return start == null || end == null
        ? manifest.recordingHash()
        : start.truncatedTo(ChronoUnit.SECONDS) + " to " + end.truncatedTo(ChronoUnit.SECONDS);
  }

  /** Bytes for a person, such as {@code 788.0 MiB}. */
  static String bytes(long bytes) {
    if (bytes >= GIB) {
      return String.format(Locale.ROOT, "%.2f GiB", (double) bytes / GIB);
    }
    if (bytes >= MIB) {
      return String.format(Locale.ROOT, "%.1f MiB", (double) bytes / MIB);
    }
    return bytes >= KIB
        ? String.format(Locale.ROOT, "%.1f KiB", (double) bytes / KIB)
        : bytes + " bytes";
  }

  /** GiB·h with two significant digits; MiB·h where that would be next to nothing. */
  public static String gibHours(@Nullable Double gibHours) {
    if (gibHours == null) {
      return NO_DATA;
    }
    if (gibHours == 0) {
      return "0 GiB·h";
    }
    if (gibHours >= SMALLEST_AMOUNT) {
      return twoDigits(gibHours) + " GiB·h";
    }
    double mibHours = gibHours * MIB_PER_GIB;
    return mibHours >= SMALLEST_AMOUNT
        ? twoDigits(mibHours) + " MiB·h"
        : "under " + SMALLEST_AMOUNT + " MiB·h";
  }

  private static String twoDigits(double amount) {
    BigDecimal rounded = new BigDecimal(amount).round(TWO_DIGITS);
    int wholeDigits = rounded.precision() - rounded.scale();
    int decimals = Math.max(0, TWO_DIGITS.getPrecision() - wholeDigits);
    return String.format(Locale.ROOT, "%,." + decimals + "f", rounded);
  }

  /** Evaluated time in the unit that reads well. */
  static String exposure(double instanceDays) {
    double hours = HOURS_PER_DAY * instanceDays;
    if (instanceDays == 0 || instanceDays >= FEWEST_DAYS) {
      return amount(instanceDays) + " instance-days";
    }
    return hours >= 1
        ? amount(hours) + " instance-hours"
        : amount(MINUTES_PER_HOUR * hours) + " instance-minutes";
  }

  private static String amount(double value) {
    return value < 1000 ? CompactNumber.of(value) : String.format(Locale.ROOT, "%,.0f", value);
  }

  static String seconds(long ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / MS_PER_SECOND);
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  /** A name as people read it, such as {@code NO DATA}. */
  static String words(Enum<?> value) {
    return value.name().replace('_', ' ');
  }

  /** An amount of a cost. */
  static String price(double amount) {
    return amount > 0 && amount < SMALLEST_AMOUNT
        ? "under " + SMALLEST_AMOUNT
        : CompactNumber.of(amount);
  }

  /** A share with the digits it needs, such as {@code 90%} or {@code 99.95%}. */
  static String percent(double share) {
    return new BigDecimal(100 * share).round(SIX_DIGITS).stripTrailingZeros().toPlainString() + "%";
  }

  /** A count and what is counted, such as {@code 1 kill}. */
  public static String plural(long count, String noun) {
    return count == 1 ? "1 " + noun : count + " " + noun + "s";
  }
}
