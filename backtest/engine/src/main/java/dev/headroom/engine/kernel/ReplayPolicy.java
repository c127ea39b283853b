package dev.headroom.engine.kernel;

import dev.headroom.model.Policy;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * A policy as a replay runs it: a rule with its cadence, lag and clamps, or one of the reference
 * policies that every report has.
 *
 * @param name unique in a run
 * @param kind what sort of policy it is
 * @param rule what decides
 * @param decidesOn what makes it decide
 * @param cadence the least time between two decisions
 * @param lag from a decision to the moment it is in force
 * @param minimumBytes the limit is never below this
 * @param maximumBytes the limit is never above this
 */
public record ReplayPolicy(
    String name,
    Kind kind,
    LimitRule rule,
    Policy.Trigger decidesOn,
    Duration cadence,
    Duration lag,
    OptionalLong minimumBytes,
    OptionalLong maximumBytes) {

  private static final LimitRule NOTHING =
      _ -> (chunk, limitBytes) -> Arrays.fill(limitBytes, 0, chunk.size(), Double.NaN);

  /** What sort of policy this is. */
  public enum Kind {
    /** A formula that is being judged. */
    CANDIDATE,
    /** No guard at all. */
    NEVER,
    /** The limit that was really in force. */
    CURRENT,
    /** Knows the future and refuses only what dies anyway. */
    HINDSIGHT,
    /** A seeded control. */
    RANDOM;

    /** Whether this is a reference policy. */
    public boolean isReference() {
      return this != CANDIDATE;
    }

    /** Whether this decides limits at all. */
    boolean decides() {
      return this != NEVER && this != HINDSIGHT;
    }
  }

  /** A candidate: a policy with its formula compiled to a rule. */
  public static ReplayPolicy candidate(Policy policy, LimitRule rule) {
    return new ReplayPolicy(
        policy.name(),
        Kind.CANDIDATE,
        rule,
        policy.decidesOn(),
        policy.cadence(),
        policy.lag(),
        ofNullable(policy.minimumBytes()),
        ofNullable(policy.maximumBytes()));
  }

  /** No guard: never a limit. */
  public static ReplayPolicy never() {
    return reference("never", Kind.NEVER, NOTHING);
  }

  /** The limit that was in force, as the guard or the log of decisions tells it. */
  public static ReplayPolicy current() {
    return reference(
        "current",
        Kind.CURRENT,
        _ ->
            (chunk, limitBytes) ->
                System.arraycopy(chunk.liveLimit, 0, limitBytes, 0, chunk.size()));
  }

  /** The best any limit could do: at each kill it refuses what the kill ended anyway. */
  public static ReplayPolicy hindsight() {
    return reference("hindsight", Kind.HINDSIGHT, NOTHING);
  }

  /** A control that knows nothing: for each instance one fraction of its memory, drawn by seed. */
  public static ReplayPolicy random(long seed) {
    return reference("random", Kind.RANDOM, new RandomLimit(seed));
  }

  private static ReplayPolicy reference(String name, Kind kind, LimitRule rule) {
    return new ReplayPolicy(
        name,
        kind,
        rule,
        Policy.Trigger.CADENCE,
        Duration.ZERO,
        Duration.ZERO,
        OptionalLong.empty(),
        OptionalLong.empty());
  }

  /** Why this policy cannot be replayed over this recording, if it cannot. */
  Optional<String> findObstacle(ReplayInput input) {
    return kind != Kind.CURRENT || input.recording().header().hasLiveLimit()
        ? Optional.empty()
        : Optional.of("neither the guard's limit nor an applied decision was recorded");
  }

  private static OptionalLong ofNullable(@Nullable Long value) {
    return value == null ? OptionalLong.empty() : OptionalLong.of(value);
  }
}
