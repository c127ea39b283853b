package dev.headroom.engine.fleet;

import java.time.Duration;
import java.time.Instant;

/**
 * What a made-up fleet is.
 *
 * @param instances how many, 1 or more
 * @param length how long each is recorded, above 0
 * @param step from one sample to the next, above 0
 * @param clients client backends of each instance, 1 or more
 * @param kills whether some statements are so heavy that they end in kills
 * @param seed of everything drawn by chance: the same spec is the same fleet, to the byte
 */
public record FleetSpec(
    int instances, Duration length, Duration step, int clients, boolean kills, long seed) {

  /** When every fleet starts. */
  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  public FleetSpec {
    if (instances < 1 || clients < 1 || !length.isPositive() || !step.isPositive()) {
      throw new IllegalArgumentException(
          "a fleet has 1 or more instances and clients, and lasts; not %d instances, %d clients, %s in steps of %s"
              .formatted(instances, clients, length, step));
    }
  }

  int samples() {
    return Math.toIntExact(length.dividedBy(step));
  }
}
