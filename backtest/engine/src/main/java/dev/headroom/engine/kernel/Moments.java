package dev.headroom.engine.kernel;

import java.time.Instant;

/** Instants as the replay counts them. */
final class Moments {

  private static final long NS_PER_SECOND = 1_000_000_000L;

  private Moments() {}

  /** Nanoseconds since the epoch. */
  static long epochNs(Instant instant) {
    return Math.addExact(
        Math.multiplyExact(instant.getEpochSecond(), NS_PER_SECOND), instant.getNano());
  }
}
