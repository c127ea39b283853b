package dev.headroom.model.rollout;

import java.util.List;
import java.util.Optional;

/**
 * Everything that flags are evaluated from, at one moment: what the database says, or the last copy
 * of it.
 *
 * @param revision grows with every change of anything in here
 * @param stop why every guard is to be off; empty when it is not
 * @param rollouts those that have not ended, newest first
 * @param policies those the rollouts name
 */
public record FlagState(
    long revision, Optional<String> stop, List<Rollout> rollouts, List<PolicyVersion> policies) {

  public FlagState {
    rollouts = List.copyOf(rollouts);
    policies = List.copyOf(policies);
  }

  /** Nothing is promoted anywhere. */
  public static final FlagState EMPTY = new FlagState(0, Optional.empty(), List.of(), List.of());

  /** The policy of this id, when a rollout names it. */
  public Optional<PolicyVersion> policy(String policyId) {
    return policies.stream().filter(each -> each.policyId().equals(policyId)).findFirst();
  }
}
