package dev.headroom.model.rollout;

import java.time.Instant;

/**
 * Every guard off everywhere, or the end of that.
 *
 * @param stopped true: every guard is to be off; false: the rollouts hold again
 * @param actor who
 * @param reason why, in words
 * @param occurredAt when
 */
public record GuardStop(boolean stopped, String actor, String reason, Instant occurredAt) {}
