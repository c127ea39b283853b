package dev.headroom.model;

import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * An immutable formula with the rules of when and within which bounds it decides.
 *
 * @param name what people call it
 * @param formulaText the formula as written
 * @param decidesOn what makes it decide
 * @param cadence on {@link Trigger#CADENCE} the least time between two decisions; zero decides at
 *     every sample
 * @param lag from a decision to the moment its limit is in force
 * @param minimumBytes the limit is never below this, when given
 * @param maximumBytes the limit is never above this, when given
 */
public record Policy(
    String name,
    String formulaText,
    Trigger decidesOn,
    Duration cadence,
    Duration lag,
    @Nullable Long minimumBytes,
    @Nullable Long maximumBytes) {

  /** What makes a policy decide. */
  public enum Trigger {
    /** Time that passed. */
    CADENCE,
    /**
     * A turn in the instance's life: it decides at the first sample of all and at the first after
     * each start, readiness or reload, and at none besides.
     */
    EVENTS
  }

  public Policy {
    if (cadence.isNegative() || lag.isNegative()) {
      throw new IllegalArgumentException(
          "cadence and lag are zero or more, not " + cadence + " and " + lag);
    }
    if (minimumBytes != null && maximumBytes != null && minimumBytes > maximumBytes) {
      throw new IllegalArgumentException(
          "the smallest limit ("
              + minimumBytes
              + " bytes) is above the largest ("
              + maximumBytes
              + " bytes)");
    }
  }

  /**
   * The limit that a result of the formula makes: rounded down, and within the bounds. Empty, which
   * is no decision, when the result is NaN, infinite or negative.
   */
  public OptionalLong limitBytes(double formulaResult) {
    return limitBytes(
        formulaResult,
        minimumBytes == null ? 0 : minimumBytes,
        maximumBytes == null ? Long.MAX_VALUE : maximumBytes);
  }

  /** The same for bounds that are no policy's; the live loop and the replay share it. */
  public static OptionalLong limitBytes(
      double formulaResult, long minimumBytes, long maximumBytes) {
    if (!Double.isFinite(formulaResult) || formulaResult < 0) {
      return OptionalLong.empty();
    }
    return OptionalLong.of(
        Math.clamp((long) Math.floor(formulaResult), minimumBytes, maximumBytes));
  }

  /** A policy that decides by time. */
  public Policy(
      String name,
      String formulaText,
      Duration cadence,
      Duration lag,
      @Nullable Long minimumBytes,
      @Nullable Long maximumBytes) {
    this(name, formulaText, Trigger.CADENCE, cadence, lag, minimumBytes, maximumBytes);
  }

  /** A policy that decides at every sample, at once and without bounds. */
  public static Policy of(String name, String formulaText) {
    return new Policy(name, formulaText, Duration.ZERO, Duration.ZERO, null, null);
  }
}
