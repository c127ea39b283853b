package dev.headroom.collector.guard;

import dev.headroom.model.GuardMode;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What a guard is told, whole: what is not in it is taken back.
 *
 * @param mode what it is to do
 * @param lease how long that holds unless it is told again
 * @param limit the limit it counts against and, in enforce, refuses under
 * @param shadows the limits that are judged beside it, each in its place; at most eight
 */
public record GuardOrder(
    GuardMode mode,
    Duration lease,
    Optional<PolicyLimit> limit,
    List<Optional<PolicyLimit>> shadows) {

  public GuardOrder {
    shadows = List.copyOf(shadows);
    if (shadows.size() > SegmentLayout.SHADOW_LIMITS) {
      throw new IllegalArgumentException(
          "a guard judges at most %d shadow limits, not %d"
              .formatted(SegmentLayout.SHADOW_LIMITS, shadows.size()));
    }
    if (!lease.isPositive()) {
      throw new IllegalArgumentException("a lease is longer than " + lease);
    }
  }
}
