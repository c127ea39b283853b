package dev.headroom.engine.backtest;

import org.jspecify.annotations.Nullable;

/**
 * What a person says things are worth, all in one unit.
 *
 * @param kill of one preventable kill that happens; absent for what the recording's outages took
 * @param falseBlock of one statement that is refused for nothing
 * @param gibHour of one GiB that is withheld from queries for one hour
 * @param unit of the prices, as reports write it
 */
public record Prices(@Nullable Double kill, double falseBlock, double gibHour, String unit) {

  /** Where a kill costs what it took, so everything is in seconds of outage. */
  public static final Prices DEFAULT = new Prices(null, 10, 1, "s of outage");

  /** The kill price where none is stated and no outage was measured, in seconds of outage. */
  static final double ASSUMED_OUTAGE_SECONDS = 30;

  public Prices {
    if (kill != null) {
      check("a kill", kill);
    }
    check("a false block", falseBlock);
    check("a GiB·h", gibHour);
  }

  private static void check(String what, double price) {
    if (!(price >= 0 && Double.isFinite(price))) {
      throw new IllegalArgumentException(
          "the price of %s is 0 or more, not %s".formatted(what, price));
    }
  }

  /** Where a kill's price comes from. */
  public enum Source {
    STATED,
    MEASURED,
    ASSUMED
  }

  /**
   * Prices with a price for a kill.
   *
   * @param killSource where that comes from
   */
  public record Settled(
      double kill, Source killSource, double falseBlock, double gibHour, String unit) {}

  /**
   * These prices over a recording.
   *
   * @param meanOutageSeconds what one outage took on average; absent when none was measured
   */
  Settled settle(@Nullable Double meanOutageSeconds) {
    if (kill != null) {
      return new Settled(kill, Source.STATED, falseBlock, gibHour, unit);
    }
    return meanOutageSeconds == null
        ? new Settled(ASSUMED_OUTAGE_SECONDS, Source.ASSUMED, falseBlock, gibHour, unit)
        : new Settled(meanOutageSeconds, Source.MEASURED, falseBlock, gibHour, unit);
  }
}
