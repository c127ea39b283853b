package dev.headroom.model.rollout;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The state of a policy on a set of instances.
 *
 * @param rolloutId names the rollout for ever, and salts its buckets
 * @param name what people call it
 * @param policyId the policy that is promoted
 * @param instanceLabels the instances it may reach: those that carry all of these labels; empty is
 *     all
 * @param stage how far it has been promoted
 * @param canaryPercent the share of instances under canary, 1 to 99; absent in every other stage
 * @param paused whether it goes no further until somebody resumes it; what is in force stays
 * @param createdAt orders rollouts that reach the same instance: the newest live one wins
 * @param changedAt when stage, percent or pause last changed
 * @param revision counts the changes; a change names the revision it was decided on
 */
public record Rollout(
    UUID rolloutId,
    String name,
    String policyId,
    Map<String, String> instanceLabels,
    RolloutStage stage,
    @Nullable Integer canaryPercent,
    boolean paused,
    Instant createdAt,
    Instant changedAt,
    long revision) {

  public Rollout {
    instanceLabels = Map.copyOf(instanceLabels);
    if ((stage == RolloutStage.CANARY) != (canaryPercent != null)) {
      throw new IllegalArgumentException(
          "a canary has a percentage and no other stage has one, not %s with %s"
              .formatted(stage.label(), canaryPercent));
    }
    if (canaryPercent != null && (canaryPercent < 1 || canaryPercent > 99)) {
      throw new IllegalArgumentException("a canary is 1 to 99 percent, not " + canaryPercent);
    }
  }

  /** Whether an instance with these labels is one of the rollout's. */
  public boolean reaches(Map<String, String> labels) {
    return labels.entrySet().containsAll(instanceLabels.entrySet());
  }
}
