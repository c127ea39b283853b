package dev.headroom.benchmark;

import java.util.List;
import java.util.Locale;

/**
 * What a contestant computed, and how long it took.
 *
 * @param name who
 * @param wallSeconds on the wall
 * @param cpuSeconds on processors, all of them together
 * @param work samples times formulas
 * @param totals one for each formula
 */
record SweepResult(
    String name, double wallSeconds, double cpuSeconds, double work, List<Total> totals) {

  /** What one formula comes to over all instances. */
  record Total(double overPromiseGibHours, double slackGibHours, long above) {}

  /** Samples times formulas for each second of one processor. */
  double perCpuSecond() {
    return work / cpuSeconds;
  }

  /** The largest relative difference to another one's sums; 0 when they are the same bit by bit. */
  double differenceTo(SweepResult other) {
    double worst = 0;
    for (int i = 0; i < totals.size(); i++) {
      Total here = totals.get(i);
      Total there = other.totals.get(i);
      worst = Math.max(worst, relative(here.overPromiseGibHours(), there.overPromiseGibHours()));
      worst = Math.max(worst, relative(here.slackGibHours(), there.slackGibHours()));
    }
    return worst;
  }

  private static double relative(double one, double other) {
    return one == other ? 0 : Math.abs(one - other) / Math.max(Math.abs(one), Math.abs(other));
  }

  String describe(SweepResult engine) {
    return String.format(
        Locale.ROOT,
        "%-34s %8.2f s wall %8.2f s CPU %9.1f M/s per core  %6.2fx of it  sums differ by %.0e",
        name,
        wallSeconds,
        cpuSeconds,
        perCpuSecond() / 1e6,
        engine.perCpuSecond() / perCpuSecond(),
        differenceTo(engine));
  }
}
