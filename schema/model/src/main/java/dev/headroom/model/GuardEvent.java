package dev.headroom.model;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What the live guard did to one process. The key is instance, time, pid, kind and policy.
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
    @Nullable Long requestedBytes)
    implements Observation {

  /** What a guard can do. */
  public enum Kind {
    /** One allocation was answered with NULL and ENOMEM. */
    DENIAL,
    /** A statement ended in an error because of denials. */
    BLOCK,
    /** In shadow: what would have been a block. */
    WOULD_BLOCK
  }
}
