package dev.headroom.model;

import java.time.Instant;
import java.util.List;

/**
 * A named time range of some instances.
 *
 * @param name unique; what {@code --recording} takes
 * @param startsAt the first moment that belongs to it
 * @param endsAt the first moment after it
 * @param instances in ascending order of their ids
 * @param note how it was made, in words
 */
public record Recording(
    String name, Instant startsAt, Instant endsAt, List<InstanceId> instances, String note) {

  public Recording {
    instances = instances.stream().sorted().toList();
    if (!startsAt.isBefore(endsAt)) {
      throw new IllegalArgumentException(
          "a recording ends after it starts: " + startsAt + " to " + endsAt);
    }
  }
}
