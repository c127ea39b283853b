package dev.headroom.engine.search;

import dev.headroom.model.InstanceId;
import dev.headroom.model.Recording;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.UUID;

/** What of a recording is kept from choosing, so that the choice can be judged by it. */
public sealed interface HoldOut {

  /**
   * Some of the instances, over all of the time.
   *
   * @param share of the instances, in (0, 1); at least one is held out and one is not
   */
  record Share(double share) implements HoldOut {
    public Share {
      if (!(share > 0 && share < 1)) {
        throw new IllegalArgumentException("a hold-out is a share between 0 and 1, not " + share);
      }
    }
  }

  /** The last of the time, of all instances. */
  record Last(Duration time) implements HoldOut {
    public Last {
      if (!time.isPositive()) {
        throw new IllegalArgumentException("a hold-out in time is above 0, not " + time);
      }
    }
  }

  /** The two parts: no kill is in both. */
  record Split(Slice choosing, Slice heldOut) {}

  /**
   * Splits a recording.
   *
   * @param seed which instances; the same seed holds out the same ones, in whatever order they come
   * @throws IllegalArgumentException when a part would be empty
   */
  default Split split(Recording recording, long seed) {
    Slice whole = Slice.whole(recording);
    return switch (this) {
      case Share(double share) -> byInstance(whole, recording.instances(), share, seed);
      case Last(Duration time) -> byTime(whole, time);
    };
  }

  private static Split byInstance(Slice whole, List<InstanceId> ids, double share, long seed) {
    if (ids.size() < 2) {
      throw new IllegalArgumentException(
          "a hold-out by instance needs 2 instances or more and there is %d; hold out the last of the time instead, such as 2d"
              .formatted(ids.size()));
    }
    List<InstanceId> shuffled =
        ids.stream()
            .sorted(
                Comparator.comparingLong((InstanceId id) -> draw(id, seed))
                    .thenComparing(Comparator.naturalOrder()))
            .toList();
    int heldOut = Math.clamp(Math.round(share * ids.size()), 1, ids.size() - 1);
    return new Split(
        whole.ofInstances("choosing part", shuffled.subList(heldOut, shuffled.size())),
        whole.ofInstances("hold-out", shuffled.subList(0, heldOut)));
  }

  private static long draw(InstanceId id, long seed) {
    UUID value = id.value();
    long ofInstance =
        value.getMostSignificantBits() ^ Long.reverse(value.getLeastSignificantBits());
    return new SplittableRandom(new SplittableRandom(seed).nextLong() ^ ofInstance).nextLong();
  }

  private static Split byTime(Slice whole, Duration time) {
    Instant cut = whole.endsAt().minus(time);
    if (!whole.startsAt().isBefore(cut)) {
      throw new IllegalArgumentException(
          "a hold-out of %s leaves nothing of a recording from %s to %s to choose on"
              .formatted(time, whole.startsAt(), whole.endsAt()));
    }
    return new Split(
        whole.ofTime("choosing part", whole.startsAt(), cut),
        whole.ofTime("hold-out", cut, whole.endsAt()));
  }
}
