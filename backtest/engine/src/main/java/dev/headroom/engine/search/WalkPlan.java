package dev.headroom.engine.search;

import dev.headroom.model.Recording;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a walk forward cuts time.
 *
 * @param training how much time before each test is chosen on; absent for all of it, at first as
 *     much as a test is long, less the purge and the embargo
 * @param test how long each test is
 * @param step from one test's start to the next's; not below {@code test}, so that no kill is
 *     tested twice
 * @param purge what is left out before a test, so that no statement is on both sides
 * @param embargo what is left out besides, so that what is alike because it is near is not on both
 *     sides
 */
public record WalkPlan(
    @Nullable Duration training, Duration test, Duration step, Duration purge, Duration embargo) {

  private static final int DEFAULT_PARTS = 5;
  private static final long DEFAULT_GUARD_SHARE = 100;

  public WalkPlan {
    check("training", training == null || training.isPositive(), training);
    check("test", test.isPositive(), test);
    check("purge", !purge.isNegative(), purge);
    check("embargo", !embargo.isNegative(), embargo);
    if (training == null && purge.plus(embargo).compareTo(test) >= 0) {
      throw new IllegalArgumentException(
          "a purge and an embargo of %s leave nothing of the first training, which is as long as a test (%s)"
              .formatted(purge.plus(embargo), test));
    }
    if (step.compareTo(test) < 0) {
      throw new IllegalArgumentException(
          "a step of %s is shorter than the test of %s: kills would be tested twice"
              .formatted(step, test));
    }
  }

  private static void check(String what, boolean holds, @Nullable Duration given) {
    if (!holds) {
      throw new IllegalArgumentException("the %s cannot take %s".formatted(what, given));
    }
  }

  /** A fifth of a recording: four tests fit after the first training. */
  public static Duration fifth(Recording recording) {
    return Duration.between(recording.startsAt(), recording.endsAt())
        .dividedBy(DEFAULT_PARTS)
        .truncatedTo(ChronoUnit.MILLIS);
  }

  /** A hundredth of a test. */
  public static Duration defaultPurge(Duration test) {
    return test.dividedBy(DEFAULT_GUARD_SHARE).truncatedTo(ChronoUnit.MILLIS);
  }

  /** How many folds this makes of a recording. */
  public int folds(Recording recording) {
    return cut(recording).size();
  }

  /** A fold's two parts. */
  record Cut(Slice training, Slice test) {}

  /**
   * The folds, in order of time.
   *
   * @throws IllegalArgumentException when the recording is too short for one
   */
  List<Cut> cut(Recording recording) {
    Slice whole = Slice.whole(recording);
    Duration guard = purge.plus(embargo);
    Instant firstTest = whole.startsAt().plus(training == null ? test : training.plus(guard));
    List<Cut> cuts = new ArrayList<>();
    for (Instant testStart = firstTest;
        !testStart.plus(test).isAfter(whole.endsAt());
        testStart = testStart.plus(step)) {
      Instant trainingEnd = testStart.minus(guard);
      Instant trainingStart = training == null ? whole.startsAt() : trainingEnd.minus(training);
      int number = cuts.size() + 1;
      cuts.add(
          new Cut(
              whole.ofTime("training " + number, trainingStart, trainingEnd),
              whole.ofTime("test " + number, testStart, testStart.plus(test))));
    }
    if (cuts.isEmpty()) {
      throw new IllegalArgumentException(
          "a recording from %s to %s is too short for one fold: training %s, purge and embargo %s, test %s"
              .formatted(
                  whole.startsAt(),
                  whole.endsAt(),
                  training == null ? test : training,
                  guard,
                  test));
    }
    return cuts;
  }
}
