package dev.headroom.model;

import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One evaluation of one policy for one instance. The key is instance, time and policy.
 *
 * @param instanceId for whom
 * @param decidedAt when, to the microsecond
 * @param policyId by which policy
 * @param limitBytes the limit decided; absent when the formula gave none
 * @param mode what the guard was to do with it
 * @param applied whether the limit was written to the guard
 * @param reason why there is no limit or why it was not applied; absent when all went well
 * @param inputs the formula's inputs by name; an absent input is missing
 * @param evaluationNs how long the evaluation took
 * @param rolloutId the rollout that put the policy on the instance; absent when none did
 * @param assignmentProbability with which an instance of that rollout was to be where this one is,
 *     from 0 to 1; absent when unknown
 */
public record Decision(
    InstanceId instanceId,
    Instant decidedAt,
    String policyId,
    @Nullable Long limitBytes,
    GuardMode mode,
    boolean applied,
    @Nullable String reason,
    Map<String, Double> inputs,
    @Nullable Long evaluationNs,
    @Nullable UUID rolloutId,
    @Nullable Double assignmentProbability)
    implements Observation {

  public Decision {
    inputs = Map.copyOf(inputs);
  }
}
