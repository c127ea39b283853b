package dev.headroom.collector.guard;

import dev.headroom.model.GuardMode;
import java.util.Optional;

/**
 * What a guard says of itself at one moment. Counters are since its server was started.
 *
 * @param serverVersionNumber as Postgres counts: 170012
 * @param mode what it does now: the lower of what the collector and SQL allow, and SHADOW at most
 *     where the lease ran out and the fallback is to stop refusing
 * @param limit what it was last told; empty when nobody told it a limit
 * @param leaseExpired whether whoever told it has stopped renewing
 * @param heldBytes held by processes that may be refused, dynamic shared memory included
 * @param othersBytes held by every other process
 * @param attachedProcesses living processes it counts
 * @param counters what it did
 * @param gaps what it could not count; 0 in a healthy server
 */
public record GuardStatus(
    int serverVersionNumber,
    GuardMode mode,
    Optional<PolicyLimit> limit,
    boolean leaseExpired,
    long heldBytes,
    long othersBytes,
    int attachedProcesses,
    Counters counters,
    long gaps) {

  /**
   * What a guard did.
   *
   * @param denials allocations that were answered with ENOMEM
   * @param blocks statements that ended in an error because of denials
   * @param wouldBlocks what would have been blocks, over all limits in shadow
   * @param softDenials statements that went on after denials
   * @param fatals sessions that ended because of denials
   * @param panics servers that ended because of denials; never, is the promise
   * @param waivers allocations beyond the limit that were let through for an error's path
   * @param breaches allocations beyond the limit that were let through because nobody could be
   *     refused
   */
  public record Counters(
      long denials,
      long blocks,
      long wouldBlocks,
      long softDenials,
      long fatals,
      long panics,
      long waivers,
      long breaches) {}
}
