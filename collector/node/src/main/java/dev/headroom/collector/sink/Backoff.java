package dev.headroom.collector.sink;

import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * How long to wait after each failure: twice as long as before, up to a bound, and between half and
 * the whole of that at random, so that many collectors do not come back at once.
 */
final class Backoff {

  static final Duration FIRST = Duration.ofMillis(250);
  static final Duration LONGEST = Duration.ofSeconds(15);

  private final RandomGenerator random;
  private Duration next = FIRST;

  Backoff(RandomGenerator random) {
    this.random = random;
  }

  /** The wait after another failure in a row. */
  Duration failed() {
    Duration whole = next;
    Duration doubled = next.multipliedBy(2);
    next = doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
    return Duration.ofNanos(random.nextLong(whole.toNanos() / 2, whole.toNanos() + 1));
  }

  void succeeded() {
    next = FIRST;
  }
}
