package dev.headroom.engine.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Numbers as every report writes them, in the same way on every machine. */
final class Wording {

  static final String NO_DATA = "no data";

  private static final long KIB = 1L << 10;
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final double SMALL_GIB_HOURS = 0.1;
  private static final double MS_PER_SECOND = 1000;

  private Wording() {}

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

  static String gibHours(@Nullable Double gibHours) {
    if (gibHours == null) {
      return NO_DATA;
    }
    boolean small = gibHours > 0 && gibHours < SMALL_GIB_HOURS;
    return String.format(Locale.ROOT, small ? "%.4f GiB·h" : "%.1f GiB·h", gibHours);
  }

  /** Instance-days with enough digits to tell a short recording from none. */
  static String days(double days) {
    return String.format(Locale.ROOT, days < 1 ? "%.3f" : "%.1f", days);
  }

  static String seconds(long ms) {
    return String.format(Locale.ROOT, "%.1f s", ms / MS_PER_SECOND);
  }

  static String word(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  static String plural(long count, String noun) {
    return count == 1 ? "1 " + noun : count + " " + noun + "s";
  }
}
