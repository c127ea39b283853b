package dev.headroom.engine.kernel;

import org.jspecify.annotations.Nullable;

/**
 * A statement that a policy refuses, counted once however often it asks.
 *
 * @param blockClass what it turned out to be
 * @param process whose
 * @param statementNumber which; absent when it had ended by the next sample, or nobody knows
 * @param database the process was connected to, when known
 * @param user the process was connected as, when known
 * @param queryId of the statement, where the guard supplied it
 * @param queryFingerprint of the statement, when known
 * @param refusedAtNs the end of the interval in which it was refused, in nanoseconds since the
 *     epoch: a refusal is no later
 * @param limitBytes the limit it met; absent for {@code hindsight}, which has none
 * @param growthBytes by how much the process grew in that interval
 */
public record Block(
    BlockClass blockClass,
    ReplayProcess process,
    @Nullable Long statementNumber,
    @Nullable String database,
    @Nullable String user,
    @Nullable Long queryId,
    @Nullable Long queryFingerprint,
    long refusedAtNs,
    @Nullable Long limitBytes,
    long growthBytes) {}
