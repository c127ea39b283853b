package dev.headroom.collector.sampling;

import dev.headroom.model.Fact;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Sample;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides how long to wait for an instance's next sample, from what the kernel cannot reclaim: file
 * cache near the limit kills nobody.
 *
 * <p>Below half of the limit samples are {@code slow}, above three quarters {@code fast}, in
 * between proportionally. Growth that would reach the limit within {@link #HORIZON} is {@code fast}
 * at any share. Slowing down takes several samples, because a server that was near its limit comes
 * back.
 *
 * @param slow the longest wait
 * @param fast the shortest wait
 */
public record Cadence(Duration slow, Duration fast) {

  /** At the default of ten samples a second this is time for a hundred samples before a kill. */
  static final Duration HORIZON = Duration.ofSeconds(10);

  private static final double CALM_SHARE = 0.5;
  private static final double NEAR_SHARE = 0.75;
  private static final int SLOWING_FACTOR = 2;

  /** One second when calm, ten samples a second near the limit. */
  public static final Cadence DEFAULT = new Cadence(Duration.ofSeconds(1), Duration.ofMillis(100));

  public Cadence {
    if (!fast.isPositive() || slow.compareTo(fast) < 0) {
      throw new IllegalArgumentException(
          "the cadence goes from the fast wait (%d ms) to the slow one (%d ms), both above 0"
              .formatted(fast.toMillis(), slow.toMillis()));
    }
  }

  /**
   * What the kernel cannot reclaim of an instance's memory, at a moment.
   *
   * @param limitBytes absent when there is none
   */
  record Pressure(Instant at, long unreclaimableBytes, @Nullable Long limitBytes) {

    /** Empty when the sample does not say how much memory is in use. */
    static @Nullable Pressure of(Sample sample) {
      OptionalLong current = sample.facts().find(Fact.MEMORY_CURRENT);
      if (current.isEmpty()) {
        return null;
      }
      long reclaimable =
          sample.facts().find(Fact.ACTIVE_FILE).orElse(0)
              + sample.facts().find(Fact.INACTIVE_FILE).orElse(0)
              + sample.facts().find(Fact.SLAB_RECLAIMABLE).orElse(0);
      return new Pressure(
          sample.sampledAt(),
          Math.max(0, current.getAsLong() - reclaimable),
          sample.memoryMax() instanceof MemoryLimit.Bytes(long bytes) ? bytes : null);
    }
  }

  /**
   * The wait after the sample {@code now}.
   *
   * @param before the sample before; absent for the first
   * @param waited the wait before this sample
   */
  Duration next(@Nullable Pressure now, @Nullable Pressure before, Duration waited) {
    Duration wanted = wanted(now, before);
    Duration slowest = waited.multipliedBy(SLOWING_FACTOR);
    return wanted.compareTo(slowest) > 0 && slowest.compareTo(fast) >= 0 ? slowest : wanted;
  }

  private Duration wanted(@Nullable Pressure now, @Nullable Pressure before) {
    if (now == null || now.limitBytes() == null || now.limitBytes() == 0) {
      return slow;
    }
    if (reachesLimit(now, now.limitBytes(), before)) {
      return fast;
    }
    double share = now.unreclaimableBytes() / (double) now.limitBytes();
    double nearness = Math.clamp((share - CALM_SHARE) / (NEAR_SHARE - CALM_SHARE), 0, 1);
    long range = slow.toNanos() - fast.toNanos();
    return slow.minusNanos(Math.round(range * nearness));
  }

  private static boolean reachesLimit(Pressure now, long limitBytes, @Nullable Pressure before) {
    if (before == null) {
      return false;
    }
    long grown = now.unreclaimableBytes() - before.unreclaimableBytes();
    double elapsedS = Duration.between(before.at(), now.at()).toNanos() / 1e9;
    double left = limitBytes - now.unreclaimableBytes();
    return grown > 0 && elapsedS > 0 && left / (grown / elapsedS) < HORIZON.toSeconds();
  }
}
