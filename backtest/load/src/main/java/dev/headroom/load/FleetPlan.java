package dev.headroom.load;

import java.time.Duration;

/**
 * What a made-up fleet in a database is. The same plan over the same time is the same rows.
 *
 * @param instances how many, 1 or more
 * @param days how long it has been recorded, 1 or more
 * @param cadence from one sample of an instance to the next, while nothing happens
 * @param decisionCadence from one decision of a policy to the next
 * @param seed of everything drawn by chance
 */
record FleetPlan(int instances, int days, Duration cadence, Duration decisionCadence, long seed) {

  FleetPlan {
    if (instances < 1 || days < 1) {
      throw new IllegalArgumentException(
          "a fleet has 1 or more instances and days, not %d and %d".formatted(instances, days));
    }
    if (cadence.toSeconds() < 1 || decisionCadence.toSeconds() < 1) {
      throw new IllegalArgumentException(
          "a cadence is 1 s or more, not %s and %s".formatted(cadence, decisionCadence));
    }
  }
}
