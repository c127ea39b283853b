package dev.headroom.collector.kernel;

import java.time.Instant;

/** The time of day, which may jump. */
@FunctionalInterface
public interface WallClock {
  Instant now();
}
