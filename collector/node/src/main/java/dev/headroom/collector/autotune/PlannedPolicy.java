package dev.headroom.collector.autotune;

import dev.headroom.collector.guard.PolicyLimit;
import dev.headroom.formula.Formula;
import dev.headroom.model.Policy;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A policy of a plan.
 *
 * @param policyId what the guard and the log of decisions know it by
 * @param policy what decides
 * @param rolloutId the rollout that put it there; absent when none did
 * @param assignmentProbability with which it was put there; absent when unknown
 */
public record PlannedPolicy(
    String policyId,
    Policy policy,
    @Nullable UUID rolloutId,
    @Nullable Double assignmentProbability) {

  private static final int HASH_DIGITS = 8;

  /**
   * @throws IllegalArgumentException when the id is longer than a guard can hold
   * @throws dev.headroom.formula.FormulaException when the formula is wrong
   */
  public PlannedPolicy {
    Formula.parse(policy.formulaText());
    if (policyId.getBytes(StandardCharsets.UTF_8).length > PolicyLimit.MAX_POLICY_ID_BYTES) {
      throw new IllegalArgumentException(
          "a guard knows a limit by at most %d bytes, and '%s' is longer; give it a shorter name"
              .formatted(PolicyLimit.MAX_POLICY_ID_BYTES, policyId));
    }
  }

  /**
   * A policy that is in no catalogue; equal names and formulas have equal ids.
   *
   * @throws IllegalArgumentException when its name is too long for a guard
   * @throws dev.headroom.formula.FormulaException when the formula is wrong
   */
  public static PlannedPolicy of(Policy policy) {
    String hash = Formula.parse(policy.formulaText()).astHash();
    return new PlannedPolicy(
        policy.name() + "@" + hash.substring(0, HASH_DIGITS), policy, null, null);
  }
}
