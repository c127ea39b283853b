package dev.headroom.collector.spool;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * How many samples are worth keeping as the spool fills while the database is away: all of them up
 * to half of its bound, one a second up to three quarters, one in ten seconds after that.
 */
final class Thinning {

  private static final double FIRST_SHARE = 0.5;
  private static final double SECOND_SHARE = 0.75;
  private static final Duration FIRST_STEP = Duration.ofSeconds(1);
  private static final Duration SECOND_STEP = Duration.ofSeconds(10);

  private Thinning() {}

  /**
   * Whether to keep a sample.
   *
   * @param usedShare of the bound, 0 to 1
   * @param lastKept the instance's sample kept last; absent when there is none
   * @param sampledAt the one in question
   */
  static boolean keeps(double usedShare, @Nullable Instant lastKept, Instant sampledAt) {
    if (usedShare < FIRST_SHARE || lastKept == null) {
      return true;
    }
    Duration step = usedShare < SECOND_SHARE ? FIRST_STEP : SECOND_STEP;
    return !sampledAt.isBefore(lastKept.plus(step));
  }
}
