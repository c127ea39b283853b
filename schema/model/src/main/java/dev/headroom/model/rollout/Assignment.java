package dev.headroom.model.rollout;

import dev.headroom.model.GuardMode;
import dev.headroom.model.InstanceId;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the rollouts mean for one instance. The newest live rollout that has reached it puts its
 * policy in force; every other policy of a rollout is judged in shadow. A policy has one place: in
 * force before in shadow, and of several rollouts of it the newest counts.
 *
 * @param mode what its guard does
 * @param inForce the rollout whose policy is in force; absent unless the mode is enforce
 * @param shadows the rollouts whose policies are judged beside it, newest first; at most {@link
 *     #MAX_SHADOWS}
 * @param reason why the mode is what it is
 */
public record Assignment(
    GuardMode mode, @Nullable Share inForce, List<Share> shadows, Reason reason) {

  /** As many shadow limits as a guard has places for. */
  public static final int MAX_SHADOWS = 8;

  /** Why an instance's guard has its mode. */
  public enum Reason {
    /** Every guard was stopped. */
    STOPPED,
    /** No rollout reaches the instance. */
    NO_ROLLOUT,
    /** It is one of those that stay in shadow for ever. */
    HELD_OUT,
    /** No live rollout has reached it yet. */
    NOT_REACHED,
    /** A canary has reached it. */
    CANARY,
    /** A policy is enforced wherever it may. */
    ENFORCED
  }

  /**
   * An instance's part in one rollout.
   *
   * @param rollout which
   * @param bucket its place in it
   * @param probability with which an instance of this rollout would have been put where this one is
   *     (in force, or in shadow), from 0 to 1; whoever compares the two weighs by it
   */
  public record Share(Rollout rollout, int bucket, double probability) {}

  public Assignment {
    shadows = List.copyOf(shadows);
  }

  /** What the rollouts mean for an instance with these labels. */
  public static Assignment of(FlagState state, InstanceId instance, Map<String, String> labels) {
    if (state.stop().isPresent()) {
      return new Assignment(GuardMode.OFF, null, List.of(), Reason.STOPPED);
    }
    boolean heldOut = Buckets.isHeldOut(instance);
    @Nullable Share inForce = null;
    List<Share> shadows = new ArrayList<>();
    for (Rollout rollout : state.rollouts()) {
      if (rollout.stage() == RolloutStage.OFF
          || rollout.stage().isEnd()
          || !rollout.reaches(labels)) {
        continue;
      }
      int bucket = Buckets.canaryBucket(rollout.rolloutId(), instance);
      double treated = treatedShare(rollout);
      if (inForce == null && !heldOut && isReached(rollout, bucket)) {
        inForce = new Share(rollout, bucket, treated);
      } else {
        shadows.add(new Share(rollout, bucket, 1 - treated));
      }
    }
    shadows = onePlaceEach(inForce, shadows);
    if (inForce != null) {
      Reason reason =
          inForce.rollout().stage() == RolloutStage.CANARY ? Reason.CANARY : Reason.ENFORCED;
      return new Assignment(GuardMode.ENFORCE, inForce, shadows, reason);
    }
    if (shadows.isEmpty()) {
      return new Assignment(GuardMode.OFF, null, List.of(), Reason.NO_ROLLOUT);
    }
    boolean someIsLive = shadows.stream().anyMatch(each -> each.rollout().stage().isLive());
    return new Assignment(
        GuardMode.SHADOW,
        null,
        shadows,
        heldOut && someIsLive ? Reason.HELD_OUT : Reason.NOT_REACHED);
  }

  /** The policy in force, for those that need no more. */
  public Optional<String> policyId() {
    return Optional.ofNullable(inForce).map(share -> share.rollout().policyId());
  }

  private static List<Share> onePlaceEach(@Nullable Share inForce, List<Share> shadows) {
    Set<String> placed = new HashSet<>();
    if (inForce != null) {
      placed.add(inForce.rollout().policyId());
    }
    return shadows.stream()
        .filter(share -> placed.add(share.rollout().policyId()))
        .limit(MAX_SHADOWS)
        .toList();
  }

  private static boolean isReached(Rollout rollout, int bucket) {
    return switch (rollout.stage()) {
      case ENFORCE -> true;
      case CANARY ->
          rollout.canaryPercent() != null && Buckets.isReached(bucket, rollout.canaryPercent());
      case OFF, SHADOW, ROLLED_BACK, RETIRED -> false;
    };
  }

  private static double treatedShare(Rollout rollout) {
    double reachable = 1 - Buckets.HOLDOUT_PERCENT / 100.0;
    return switch (rollout.stage()) {
      case ENFORCE -> reachable;
      case CANARY ->
          rollout.canaryPercent() == null ? 0 : reachable * rollout.canaryPercent() / 100.0;
      case OFF, SHADOW, ROLLED_BACK, RETIRED -> 0;
    };
  }
}
