package dev.headroom.engine.proof;

import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A recording in which the limits that one live policy logged stand where the guard's own would:
 * what the policy {@code current} then replays is that policy.
 *
 * <p>A guard that enforces keeps memory below its limit, so no sample shows what was refused. What
 * each refused allocation asked for is added to the peaks of the sample after it.
 */
final class LoggedLimits {

  private LoggedLimits() {}

  /**
   * The recording as the replay of this policy wants it.
   *
   * @param policyId the policy; absent for the limit in force of an instance without one, which
   *     stands in the samples already
   */
  static InstanceRecording of(
      InstanceRecording recording, @Nullable String policyId, List<GuardEvent> logged) {
    List<Decision> decisions =
        recording.decisions().stream()
            .filter(decision -> decision.policyId().equals(policyId))
            .filter(decision -> decision.limitBytes() != null)
            .sorted(Comparator.comparing(Decision::decidedAt))
            .toList();
    List<GuardEvent> refusals =
        logged.stream()
            .filter(event -> event.kind() == GuardEvent.Kind.DENIAL)
            .sorted(Comparator.comparing(GuardEvent::occurredAt))
            .toList();
    List<Sample> samples = new ArrayList<>();
    int nextDecision = 0;
    int nextRefusal = 0;
    Long limitBytes = null;
    for (Sample sample : recording.samples()) {
      Instant at = sample.sampledAt();
      while (nextDecision < decisions.size()
          && !decisions.get(nextDecision).decidedAt().isAfter(at)) {
        limitBytes = decisions.get(nextDecision++).limitBytes();
      }
      List<GuardEvent> wanted = new ArrayList<>();
      while (nextRefusal < refusals.size() && !refusals.get(nextRefusal).occurredAt().isAfter(at)) {
        wanted.add(refusals.get(nextRefusal++));
      }
      Sample limited = policyId == null ? sample : withLimit(sample, limitBytes);
      samples.add(wanted.isEmpty() ? limited : withWanted(limited, wanted));
    }
    return new InstanceRecording(
        recording.instance(),
        samples,
        recording.kills(),
        recording.instanceEvents(),
        List.of(),
        policyId == null ? recording.decisions() : List.of());
  }

  private static Sample withLimit(Sample sample, @Nullable Long limitBytes) {
    Facts.Builder facts = Facts.builder();
    for (Fact fact : Fact.values()) {
      if (fact != Fact.GUARD_LIMIT) {
        facts.set(fact, sample.facts().find(fact));
      }
    }
    if (limitBytes != null) {
      facts.set(Fact.GUARD_LIMIT, limitBytes);
    }
    return new Sample(
        sample.instanceId(),
        sample.sampledAt(),
        sample.memoryMax(),
        facts.build(),
        sample.processes());
  }

  private static Sample withWanted(Sample sample, List<GuardEvent> refusals) {
    Map<Integer, Long> wantedByPid = new HashMap<>();
    long wantedInAll = 0;
    for (GuardEvent refusal : refusals) {
      long requested = Objects.requireNonNullElse(refusal.requestedBytes(), 0L);
      if (refusal.processAllocatedBytes() != null) {
        wantedByPid.merge(refusal.pid(), refusal.processAllocatedBytes() + requested, Math::max);
      }
      if (refusal.allocatedBytes() != null) {
        wantedInAll = Math.max(wantedInAll, refusal.allocatedBytes() + requested);
      }
    }
    List<ProcessSample> processes =
        sample.processes().stream()
            .map(process -> raise(process, wantedByPid.getOrDefault(process.pid(), 0L)))
            .toList();
    Sample raised =
        new Sample(
            sample.instanceId(), sample.sampledAt(), sample.memoryMax(), sample.facts(), processes);
    long peak = sample.facts().find(Fact.GUARD_ALLOCATED_PEAK).orElse(0);
    return wantedInAll > peak ? raised.with(Fact.GUARD_ALLOCATED_PEAK, wantedInAll) : raised;
  }

  private static ProcessSample raise(ProcessSample process, long wantedBytes) {
    Long peak = process.guardAllocatedPeakBytes();
    return wantedBytes <= Objects.requireNonNullElse(peak, 0L)
        ? process
        : process.withGuardAllocatedPeakBytes(wantedBytes);
  }
}
