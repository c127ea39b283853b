package dev.headroom.cli;

import java.time.Instant;

/**
 * From one moment to another.
 *
 * @param startsAt the first moment
 * @param endsAt the first moment after it
 */
record TimeRange(Instant startsAt, Instant endsAt) {

  /**
   * Reads what {@code --from} and {@code --to} say.
   *
   * @param now what {@code now} means in both
   * @throws CommandFailure when one is no moment, or the first is not before the second
   */
  static TimeRange parse(String from, String to, Instant now) {
    Instant startsAt = Moment.parse(from, now);
    Instant endsAt = Moment.parse(to, now);
    if (!startsAt.isBefore(endsAt)) {
      throw CommandFailure.usage("--from (" + startsAt + ") must be before --to (" + endsAt + ")");
    }
    return new TimeRange(startsAt, endsAt);
  }
}
