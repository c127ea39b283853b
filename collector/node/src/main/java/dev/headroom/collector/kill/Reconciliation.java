package dev.headroom.collector.kill;

/**
 * Whether the kernel's own count of kills in a cgroup is what was captured. Pure; the kernel counts
 * a kill before it tells of it, so a count that is too high may only mean that more are on their
 * way, and one that is too low means victims that were not killed.
 */
final class Reconciliation {

  /** What is known about some captured kills of one cgroup. */
  enum Outcome {
    /** What was captured explains what the kernel counted. */
    AGREES,
    /** The kernel counted more; wait for their events. */
    MORE_EXPECTED,
    /** The kernel counted more, and their events will not come any more. */
    MISSED,
    /** The kernel counted fewer: some were no kills. */
    TOO_MANY,
    /** There is nothing to compare with. */
    UNKNOWN
  }

  private Reconciliation() {}

  /**
   * Compares.
   *
   * @param counted kills the kernel counted
   * @param least the fewest it can have counted for what was captured
   * @param most the most it can have counted for that
   * @param waitedLongEnough whether missing events should have come by now
   */
  static Outcome compare(long counted, long least, long most, boolean waitedLongEnough) {
    if (counted < least) {
      return Outcome.TOO_MANY;
    }
    if (counted <= most) {
      return Outcome.AGREES;
    }
    return waitedLongEnough ? Outcome.MISSED : Outcome.MORE_EXPECTED;
  }

  /**
   * Kills the kernel counted since.
   *
   * @param accountedFor the kernel's count up to which all is accounted for
   * @param counter the kernel's count now; a smaller one than before is of a new cgroup
   */
  static long counted(long accountedFor, long counter) {
    return counter >= accountedFor ? counter - accountedFor : counter;
  }
}
