package dev.headroom.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the live guard did to one process, or one process noticed of the guard. The key is instance,
 * time, pid, kind and policy.
 *
 * @param instanceId whose
 * @param occurredAt when, to the microsecond
 * @param kind what
 * @param pid the process as the node sees it
 * @param statementNumber the statement it was in
 * @param backendKind what the process was for
 * @param queryId Postgres's own query identifier
 * @param policyId whose limit it was; absent for the limit in force of an instance without a policy
 * @param limitBytes the limit at that moment
 * @param allocatedBytes what all query processes held at that moment
 * @param processAllocatedBytes what this process held
 * @param requestedBytes what it asked for
 * @param mode what the guard did at that moment; for the switches the one from then on
 * @param statementDenials how many denials the statement had had so far, this one included
 * @param sqlState of the error that a block, FATAL or PANIC was
 */
public record GuardEvent(
    InstanceId instanceId,
    Instant occurredAt,
    Kind kind,
    int pid,
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
    @Nullable String sqlState)
    implements Observation {

  /** What a guard can do. */
  public enum Kind {
    /** One allocation was answered with NULL and ENOMEM. */
    DENIAL,
    /** A statement ended in an error because of denials. */
    BLOCK,
    /** In shadow: what would have been a block. */
    WOULD_BLOCK,
    /** A statement had denials and ended well. */
    SOFT_DENIAL,
    /** As a block, but the session ended with the statement. */
    FATAL,
    /** Denials made the server restart, which a guard must never do. */
    PANIC,
    /** Nobody renewed the limit in time: the guard does what it is set up to do then. */
    LEASE_EXPIRED,
    /** The limit holds again after a lease had run out, or for the first time. */
    LEASE_RENEWED,
    /** SQL changed what the guard may do at most. */
    SWITCHED
  }
}
