package dev.headroom.model.rollout;

import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.Assignment.Share;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the flags say for one instance: an {@link Assignment} in the words of OpenFeature. Every way
 * to read a flag answers from here, so that all of them agree. Bytes never travel in a flag.
 */
public final class FlagEvaluation {

  /** Whether the guard is {@code off}, counts ({@code shadow}) or refuses ({@code enforce}). */
  public static final String MODE = "headroom.guard.mode";

  /** The id of the policy in force; empty when there is none. */
  public static final String POLICY = "headroom.guard.policy";

  /** The ids of the policies judged in shadow, newest first, between commas; empty when none is. */
  public static final String CANDIDATES = "headroom.guard.candidates";

  /** Every flag there is. */
  public static final List<String> KEYS = List.of(MODE, POLICY, CANDIDATES);

  /** Between the ids of {@link #CANDIDATES} and in the metadata that goes with them. */
  public static final String SEPARATOR = ",";

  /** The variant of a flag whose value is empty. */
  public static final String NONE = "none";

  /** The evaluation context's attribute with the instance's labels. */
  public static final String LABELS = "labels";

  private FlagEvaluation() {}

  /** Why a flag has its value, in OpenFeature's words. */
  public enum Reason {
    /** No rollout reaches the instance. */
    DEFAULT,
    /** The instance's labels decided, and nothing else. */
    TARGETING_MATCH,
    /** The instance's bucket decided: a canary, or the hold-out. */
    SPLIT,
    /** Every guard was stopped. */
    DISABLED
  }

  /**
   * A flag's value for one instance.
   *
   * @param key which flag
   * @param value always text
   * @param variant the value's name: the mode, a policy's id, or {@link #NONE}
   * @param reason why
   * @param metadata what explains it, each a {@link String}, {@link Long}, {@link Integer} or
   *     {@link Double}: {@code revision} always, {@code stop} when every guard is stopped. The mode
   *     and the policy have {@code rollout} (its name), {@code rolloutId}, {@code stage}, {@code
   *     percent}, {@code bucket} and {@code assignmentProbability} of the rollout that decided; the
   *     candidates have {@code rolloutIds} and {@code assignmentProbabilities}, in their order and
   *     with their separator
   */
  public record Flag(
      String key, String value, String variant, Reason reason, Map<String, Object> metadata) {

    public Flag {
      metadata = Map.copyOf(metadata);
    }
  }

  /** One flag for one instance; empty when there is no such flag. */
  public static Optional<Flag> find(
      String key, FlagState state, InstanceId instance, Map<String, String> labels) {
    return list(state, instance, labels).stream().filter(flag -> flag.key().equals(key)).findAny();
  }

  /** Every flag for one instance, in the order of {@link #KEYS}. */
  public static List<Flag> list(FlagState state, InstanceId instance, Map<String, String> labels) {
    Assignment assignment = Assignment.of(state, instance, labels);
    Reason reason = reason(assignment);
    Map<String, Object> common = new LinkedHashMap<>();
    common.put("revision", state.revision());
    state.stop().ifPresent(why -> common.put("stop", why));
    String mode = label(assignment.mode());
    String policy = assignment.policyId().orElse("");
    String candidates = join(assignment.shadows(), share -> share.rollout().policyId());
    return List.of(
        new Flag(MODE, mode, mode, reason, with(common, decisive(assignment))),
        new Flag(POLICY, policy, variant(policy), reason, with(common, decisive(assignment))),
        new Flag(
            CANDIDATES,
            candidates,
            variant(candidates),
            reason,
            with(common, assignment.shadows())));
  }

  /** The word for a mode in flags, in the database and on the command line. */
  public static String label(GuardMode mode) {
    return mode.name().toLowerCase(Locale.ROOT);
  }

  private static Reason reason(Assignment assignment) {
    return switch (assignment.reason()) {
      case STOPPED -> Reason.DISABLED;
      case NO_ROLLOUT -> Reason.DEFAULT;
      case HELD_OUT, CANARY -> Reason.SPLIT;
      case NOT_REACHED -> firstLive(assignment).isPresent() ? Reason.SPLIT : Reason.TARGETING_MATCH;
      case ENFORCED -> Reason.TARGETING_MATCH;
    };
  }

  /** The rollout that made the mode what it is. */
  private static @Nullable Share decisive(Assignment assignment) {
    return assignment.inForce() != null
        ? assignment.inForce()
        : firstLive(assignment).or(() -> assignment.shadows().stream().findFirst()).orElse(null);
  }

  private static Optional<Share> firstLive(Assignment assignment) {
    return assignment.shadows().stream()
        .filter(share -> share.rollout().stage().isLive())
        .findFirst();
  }

  private static Map<String, Object> with(Map<String, Object> common, @Nullable Share share) {
    if (share == null) {
      return common;
    }
    Map<String, Object> metadata = new LinkedHashMap<>(common);
    Rollout rollout = share.rollout();
    metadata.put("rollout", rollout.name());
    metadata.put("rolloutId", rollout.rolloutId().toString());
    metadata.put("stage", rollout.stage().label());
    metadata.put("percent", percent(rollout));
    metadata.put("bucket", share.bucket());
    metadata.put("assignmentProbability", share.probability());
    return metadata;
  }

  private static Map<String, Object> with(Map<String, Object> common, List<Share> shares) {
    if (shares.isEmpty()) {
      return common;
    }
    Map<String, Object> metadata = new LinkedHashMap<>(common);
    metadata.put("rolloutIds", join(shares, share -> share.rollout().rolloutId().toString()));
    metadata.put(
        "assignmentProbabilities", join(shares, share -> Double.toString(share.probability())));
    return metadata;
  }

  private static int percent(Rollout rollout) {
    Integer percent = rollout.canaryPercent();
    if (percent != null) {
      return percent;
    }
    return rollout.stage() == RolloutStage.ENFORCE ? 100 : 0;
  }

  private static String join(List<Share> shares, Function<Share, String> part) {
    return shares.stream().map(part).collect(Collectors.joining(SEPARATOR));
  }

  private static String variant(String value) {
    return value.isEmpty() ? NONE : value;
  }
}
