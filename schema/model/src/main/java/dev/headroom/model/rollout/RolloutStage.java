package dev.headroom.model.rollout;

import java.util.Locale;

/** How far a policy has been promoted on a set of instances. */
public enum RolloutStage {
  /** Known, and judged nowhere. */
  OFF,
  /** Judged on every instance of the rollout, refusing nothing. */
  SHADOW,
  /** In force on a share of the instances, judged in shadow on the others. */
  CANARY,
  /** In force on every instance except the hold-out. */
  ENFORCE,
  /** Taken back, by a person or by a guardrail; ends the rollout. */
  ROLLED_BACK,
  /** No longer wanted, or replaced by a newer rollout; ends the rollout. */
  RETIRED;

  /** Whether the rollout has ended; a new promotion needs a new rollout. */
  public boolean isEnd() {
    return this == ROLLED_BACK || this == RETIRED;
  }

  /** Whether the policy's limit is in force on some instance. */
  public boolean isLive() {
    return this == CANARY || this == ENFORCE;
  }

  /** The name in the database, in JSON and on the command line, such as {@code rolled_back}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * Reads what {@link #label} writes.
   *
   * @throws IllegalArgumentException when there is no such stage
   */
  public static RolloutStage ofLabel(String label) {
    return valueOf(label.toUpperCase(Locale.ROOT));
  }
}
