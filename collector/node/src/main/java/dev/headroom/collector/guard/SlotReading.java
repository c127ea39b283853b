package dev.headroom.collector.guard;

import dev.headroom.model.BackendKind;
import org.jspecify.annotations.Nullable;

/**
 * What a guard says of one living process.
 *
 * @param startTicks when it started, as in {@code /proc/<pid>/stat}
 * @param kind what it is for; UNKNOWN until Postgres has decided
 * @param blockable whether the guard may refuse it
 * @param allocatedBytes what it holds, the dynamic shared memory that it made included
 * @param peakBytes the most it held since the reading before
 * @param statementNumber of its latest statement, running or not; absent before the first
 * @param inStatement whether it runs
 * @param queryId of that statement; absent when Postgres computes none
 */
public record SlotReading(
    long startTicks,
    BackendKind kind,
    boolean blockable,
    long allocatedBytes,
    long peakBytes,
    @Nullable Long statementNumber,
    boolean inStatement,
    @Nullable Long queryId) {}
