package dev.headroom.collector.guard;

import dev.headroom.model.BackendKind;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import org.jspecify.annotations.Nullable;

/**
 * An event as a guard wrote it; components as in {@link GuardEvent}.
 *
 * @param boottimeNs the kernel's time
 * @param namespacePid the process as the server sees it
 */
record RingEvent(
    long boottimeNs,
    GuardEvent.Kind kind,
    int namespacePid,
    @Nullable Long statementNumber,
    BackendKind backendKind,
    @Nullable Long queryId,
    @Nullable String policyId,
    @Nullable Long limitBytes,
    @Nullable Long allocatedBytes,
    @Nullable Long processAllocatedBytes,
    @Nullable Long requestedBytes,
    @Nullable GuardMode mode,
    @Nullable Long statementDenials,
    @Nullable String sqlState) {}
