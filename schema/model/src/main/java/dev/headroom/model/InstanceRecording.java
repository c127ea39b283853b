package dev.headroom.model;

import java.util.List;

/**
 * Samples and events of one instance over a time range, each list in ascending time order: what a
 * replay reads.
 *
 * @param instance whose
 * @param samples at strictly ascending times
 * @param kills the OOM kills among its processes
 * @param instanceEvents its start, ready, stop, crash and reload
 * @param guardEvents what the live guard did
 * @param decisions what the live policies decided
 */
public record InstanceRecording(
    Instance instance,
    List<Sample> samples,
    List<OomKill> kills,
    List<InstanceEvent> instanceEvents,
    List<GuardEvent> guardEvents,
    List<Decision> decisions) {

  public InstanceRecording {
    samples = List.copyOf(samples);
    kills = List.copyOf(kills);
    instanceEvents = List.copyOf(instanceEvents);
    guardEvents = List.copyOf(guardEvents);
    decisions = List.copyOf(decisions);
    for (int i = 1; i < samples.size(); i++) {
      if (!samples.get(i - 1).sampledAt().isBefore(samples.get(i).sampledAt())) {
        throw new IllegalArgumentException(
            "samples of instance "
                + instance.id()
                + " are not in ascending order at "
                + samples.get(i).sampledAt());
      }
    }
  }
}
