package dev.headroom.engine.kernel;

import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.List;

/**
 * What a replay has to know of an instance's recording before its first sample. Everything but the
 * samples and their processes, which are the bulk of it.
 *
 * @param instance whose
 * @param fidelity how exactly its samples know what processes hold
 * @param sampleCount how many samples there are
 * @param medianStepDoubledNs twice the median time between two samples, so that the mean of two
 *     middle steps stays whole; below zero with fewer than two samples
 * @param hasLiveLimit whether the live limit is known at any sample
 * @param kills in time order
 * @param instanceEvents in time order
 * @param guardEvents in time order; at least the denials
 * @param appliedLimits what the guard was told to enforce, in time order
 */
public record RecordingHeader(
    Instance instance,
    FidelityCheck fidelity,
    int sampleCount,
    long medianStepDoubledNs,
    boolean hasLiveLimit,
    List<OomKill> kills,
    List<InstanceEvent> instanceEvents,
    List<GuardEvent> guardEvents,
    List<AppliedLimit> appliedLimits) {

  /** A limit that the guard was told to enforce. */
  public record AppliedLimit(long atNs, long limitBytes) {}

  public RecordingHeader {
    kills = List.copyOf(kills);
    instanceEvents = List.copyOf(instanceEvents);
    guardEvents = List.copyOf(guardEvents);
    appliedLimits = List.copyOf(appliedLimits);
  }

  /** Whether a guard was there at any time, in whatever mode. */
  public boolean hasGuard() {
    return fidelity.best() == Fidelity.GUARD || !guardEvents.isEmpty();
  }

  /** Of a recording that is in memory. */
  static RecordingHeader of(InstanceRecording recording) {
    List<Sample> samples = recording.samples();
    long[] timeNs = samples.stream().mapToLong(each -> Moments.epochNs(each.sampledAt())).toArray();
    List<AppliedLimit> applied = appliedLimits(recording.decisions());
    return new RecordingHeader(
        recording.instance(),
        FidelityCheck.of(samples),
        timeNs.length,
        MedianStep.doubledNs(timeNs),
        samples.stream().anyMatch(each -> each.facts().has(Fact.GUARD_LIMIT))
            || isAnyInForce(applied, timeNs),
        recording.kills(),
        recording.instanceEvents(),
        recording.guardEvents(),
        applied);
  }

  /** What the guard was told to enforce; a run of the same limit becomes its first. */
  public static List<AppliedLimit> appliedLimits(List<Decision> decisions) {
    List<AppliedLimit> applied = new ArrayList<>();
    for (Decision decision : decisions) {
      Long limit = decision.limitBytes();
      if (decision.applied()
          && decision.mode() == GuardMode.ENFORCE
          && limit != null
          && (applied.isEmpty() || applied.getLast().limitBytes() != limit)) {
        applied.add(new AppliedLimit(Moments.epochNs(decision.decidedAt()), limit));
      }
    }
    return applied;
  }

  private static boolean isAnyInForce(List<AppliedLimit> applied, long[] timeNs) {
    return !applied.isEmpty()
        && timeNs.length > 0
        && applied.getFirst().atNs() <= timeNs[timeNs.length - 1];
  }
}
