package dev.headroom.engine.recording;

import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.Comparator;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Finds out how exactly a recording knows what processes hold. */
public final class FidelityDetection {

  private FidelityDetection() {}

  /**
   * The best fidelity that holds for the whole recording of the instance: {@code guard} when the
   * guard's account and watermark of the whole are in every sample; {@code resident} when every
   * sample that has processes at all knows the resident anonymous memory of one or more; {@code
   * cgroup} otherwise, which includes a recording without samples.
   *
   * <p>One process that died while it was read does not lower it; one sample without a guard does,
   * because bytes of two accounts cannot be compared.
   */
  public static Fidelity of(InstanceRecording recording) {
    if (recording.samples().isEmpty()) {
      return Fidelity.CGROUP;
    }
    if (recording.samples().stream().allMatch(FidelityDetection::isGuarded)) {
      return Fidelity.GUARD;
    }
    boolean someResident =
        processes(recording).anyMatch(process -> process.residentAnonBytes() != null);
    boolean everySampleResident =
        recording.samples().stream()
            .filter(sample -> !sample.processes().isEmpty())
            .allMatch(anyProcess(process -> process.residentAnonBytes() != null));
    return someResident && everySampleResident ? Fidelity.RESIDENT : Fidelity.CGROUP;
  }

  /** The fidelity of instances together: the worst of theirs; {@code cgroup} for none. */
  public static Fidelity ofAll(Stream<Fidelity> fidelities) {
    return fidelities.max(Comparator.naturalOrder()).orElse(Fidelity.CGROUP);
  }

  private static boolean isGuarded(Sample sample) {
    return sample.facts().has(Fact.GUARD_ALLOCATED)
        && sample.facts().has(Fact.GUARD_ALLOCATED_PEAK);
  }

  private static Predicate<Sample> anyProcess(Predicate<ProcessSample> condition) {
    return sample -> sample.processes().stream().anyMatch(condition);
  }

  private static Stream<ProcessSample> processes(InstanceRecording recording) {
    return recording.samples().stream().flatMap(sample -> sample.processes().stream());
  }
}
