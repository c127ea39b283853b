package dev.headroom.collector.guard;

import dev.headroom.model.MemoryContext;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The last words of a killed process's slot.
 *
 * @param allocatedBytes what it held
 * @param instanceBytes what it and all other processes that may be refused held
 * @param statementNumber the statement it was in; absent when it was idle
 * @param queryId of its latest statement; absent when Postgres computed none
 * @param contexts its largest memory contexts, largest first; absent when nobody looked in that
 *     statement
 */
public record VictimAccount(
    long allocatedBytes,
    long instanceBytes,
    @Nullable Long statementNumber,
    @Nullable Long queryId,
    @Nullable List<MemoryContext> contexts) {}
