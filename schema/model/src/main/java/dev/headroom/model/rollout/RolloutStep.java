package dev.headroom.model.rollout;

import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A change of a rollout, with who answers for it.
 *
 * @param kind what changes
 * @param stage the stage afterwards; for a pause or a resume the one it is in
 * @param canaryPercent the share of instances under canary afterwards; absent in every other stage
 * @param actor who does it: a person, or the controller
 * @param approver who answers for a step that its gates did not open; absent when they did
 * @param reason why, in words
 * @param runId the backtest run that is the evidence; absent when there is none
 * @param evidenceJson what the gates said, with the figures they looked at: a JSON object
 * @param occurredAt when, to the microsecond
 */
public record RolloutStep(
    Kind kind,
    RolloutStage stage,
    @Nullable Integer canaryPercent,
    String actor,
    @Nullable String approver,
    String reason,
    @Nullable UUID runId,
    String evidenceJson,
    Instant occurredAt) {

  /** What a step can change. */
  public enum Kind {
    /** The stage, or the canary's share. */
    TRANSITION,
    /** Goes no further until resumed. */
    PAUSE,
    /** Goes on. */
    RESUME
  }

  public RolloutStep {
    if (actor.isBlank() || reason.isBlank() || (approver != null && approver.isBlank())) {
      throw new IllegalArgumentException("a change of a rollout names who does it, and why");
    }
  }
}
