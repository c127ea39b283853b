package dev.headroom.model.rollout;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One row of a rollout's audit, which is never changed.
 *
 * @param rolloutId of which rollout
 * @param revision the rollout's revision that the step made; absent in rows older than revisions
 * @param fromStage the stage before; absent for a rollout's first row
 * @param fromPercent the share of instances under canary before; absent outside canary
 * @param step what was done, by whom and why
 * @param databaseUser who wrote the row, as the database knows them
 */
public record RolloutEvent(
    UUID rolloutId,
    @Nullable Long revision,
    @Nullable RolloutStage fromStage,
    @Nullable Integer fromPercent,
    RolloutStep step,
    String databaseUser) {}
