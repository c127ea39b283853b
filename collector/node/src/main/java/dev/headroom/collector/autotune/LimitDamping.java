package dev.headroom.collector.autotune;

import dev.headroom.collector.guard.PolicyLimit;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Keeps a limit from trembling. A change that is too small is not made, and a limit rises no faster
 * than it may; it falls at once, because it falls where memory is short. A replay knows none of
 * this, so whoever damps a limit is judged by another one than is in force: {@link #NONE} is the
 * default.
 *
 * @param deadBandBytes a smaller change is not made
 * @param deadBandShare nor one below this share of the limit in force; from 0 to 1
 * @param riseBytesPerSecond the limit rises no faster; absent for no bound
 */
public record LimitDamping(
    long deadBandBytes, double deadBandShare, OptionalLong riseBytesPerSecond) {

  /** Every limit is in force as it was decided. */
  public static final LimitDamping NONE = new LimitDamping(0, 0, OptionalLong.empty());

  private static final double NS_PER_SECOND = 1e9;

  public LimitDamping {
    if (deadBandBytes < 0 || !(deadBandShare >= 0 && deadBandShare < 1)) {
      throw new IllegalArgumentException(
          "a dead band is 0 bytes or more and 0 to 100%%, not %d bytes and %s"
              .formatted(deadBandBytes, deadBandShare));
    }
    if (riseBytesPerSecond.isPresent() && riseBytesPerSecond.getAsLong() <= 0) {
      throw new IllegalArgumentException(
          "a limit rises by more than %d bytes a second".formatted(riseBytesPerSecond.getAsLong()));
    }
  }

  /**
   * What comes into force.
   *
   * @param limit the limit
   * @param why what holds back the one that was decided; absent when nothing does
   */
  public record Damped(PolicyLimit limit, @Nullable String why) {}

  /**
   * Damps a limit.
   *
   * @param wanted the limit last decided
   * @param inForce what is in force; absent when nothing is, and then the limit is taken as it is
   * @param elapsed since {@code inForce} was told last
   */
  public Damped damp(PolicyLimit wanted, @Nullable PolicyLimit inForce, Duration elapsed) {
    if (inForce == null || wanted.equals(inForce)) {
      return new Damped(wanted, null);
    }
    long change = wanted.limitBytes() - inForce.limitBytes();
    double band = Math.max((double) deadBandBytes, deadBandShare * inForce.limitBytes());
    if (wanted.policyId().equals(inForce.policyId()) && change != 0 && Math.abs(change) < band) {
      return new Damped(
          inForce, "a change of %d bytes is within the dead band of %.0f".formatted(change, band));
    }
    if (riseBytesPerSecond.isPresent() && change > 0) {
      double rise = riseBytesPerSecond.getAsLong() * (elapsed.toNanos() / NS_PER_SECOND);
      if (change > rise) {
        long reached = inForce.limitBytes() + (long) rise;
        return new Damped(
            new PolicyLimit(wanted.policyId(), reached),
            "it rises by at most %d bytes a second and has reached %d"
                .formatted(riseBytesPerSecond.getAsLong(), reached));
      }
    }
    return new Damped(wanted, null);
  }
}
