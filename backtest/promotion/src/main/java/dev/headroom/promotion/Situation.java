package dev.headroom.promotion;

import dev.headroom.model.rollout.InstanceActivity;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStep;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that gates look at.
 *
 * @param rollout as it is
 * @param settings what its steps ask for
 * @param evidence what its run says of its policy; absent without a run
 * @param approval the last step that somebody answered for; absent when nobody had to
 * @param stageSince when it came to its stage
 * @param watchSince when the guardrails' present watch began, not before the stage
 * @param watchDays how long that watch is, for each instance
 * @param activities what its instances did since then
 * @param now the moment
 */
public record Situation(
    Rollout rollout,
    GateSettings settings,
    @Nullable BacktestEvidence evidence,
    @Nullable RolloutStep approval,
    Instant stageSince,
    Instant watchSince,
    double watchDays,
    List<InstanceActivity> activities,
    Instant now) {

  public Situation {
    activities = List.copyOf(activities);
  }
}
