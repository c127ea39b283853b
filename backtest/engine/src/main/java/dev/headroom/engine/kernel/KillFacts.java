package dev.headroom.engine.kernel;

import dev.headroom.model.Sample;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A kill with everything about it that no policy changes.
 *
 * @param kill the kill
 * @param lastSample the sample before it, if there is any
 * @param firstKillId the kill whose outage it fell into, if it did
 * @param end the interval from the last sample to it; absent where no sample of its life is near
 */
record KillFacts(
    ReplayEvent.Kill kill,
    @Nullable Sample lastSample,
    @Nullable UUID firstKillId,
    @Nullable End end) {

  /** What the sample before it says of a process's statement. */
  SampledStatement findStatement(TrackedProcess wanted) {
    if (lastSample == null) {
      return SampledStatement.UNKNOWN;
    }
    return lastSample.processes().stream()
        .filter(each -> each.pid() == wanted.pid && each.startTicks() == wanted.startTicks)
        .findFirst()
        .map(SampledStatement::of)
        .orElse(SampledStatement.UNKNOWN);
  }

  /**
   * The interval that a kill ends.
   *
   * @param rows the processes at the sample that is made at the kill
   * @param instancePeakBytes the instance's peak up to it
   * @param marginBytes what must be freed to prevent it
   * @param blockableBytes what blockable processes hold above their bases
   * @param runUpNs the earliest start of a statement that still runs, or the kill itself
   * @param startHeadroom in bytes, 0 where it is not compared
   * @param comparedNs how long the interval is, 0 where its limit cannot be compared
   */
  record End(
      ProcessRows rows,
      long instancePeakBytes,
      long marginBytes,
      long blockableBytes,
      long runUpNs,
      double startHeadroom,
      long comparedNs) {}
}
