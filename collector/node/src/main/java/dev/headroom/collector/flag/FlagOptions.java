package dev.headroom.collector.flag;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Where a collector has its flags from.
 *
 * @param origin who evaluates them
 * @param poll how often they are read unasked
 */
public record FlagOptions(Origin origin, Duration poll) {

  private static final Duration DEFAULT_POLL = Duration.ofSeconds(10);

  /** Who evaluates flags. */
  public sealed interface Origin {}

  /** This program, from the rollouts in the database. */
  public record Rollouts() implements Origin {}

  /**
   * This program, from a file in flagd's format; policies are known from the database or shipped.
   */
  public record FlagdFile(Path file) implements Origin {}

  public FlagOptions {
    if (!poll.isPositive()) {
      throw new IllegalArgumentException("flags are read less often than every " + poll);
    }
  }

  /** From the rollouts in the database. */
  public static FlagOptions defaults() {
    return of(new Rollouts());
  }

  public static FlagOptions of(Origin origin) {
    return new FlagOptions(origin, DEFAULT_POLL);
  }

  public FlagOptions withPoll(Duration changed) {
    return new FlagOptions(origin, changed);
  }
}
