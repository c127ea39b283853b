package dev.headroom.engine.recording;

import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.util.Comparator;
import java.util.stream.Stream;

/** Finds out how exactly a recording knows what processes hold. */
public final class FidelityDetection {

  private FidelityDetection() {}

  /**
   * The worst fidelity of the instance's samples, because one replay cannot mix two measures of the
   * same memory. A sample without processes says nothing; a recording of such samples only is
   * {@code cgroup}.
   */
  public static Fidelity of(InstanceRecording recording) {
    return worst(
        recording.samples().stream()
            .filter(sample -> !sample.processes().isEmpty())
            .map(FidelityDetection::of));
  }

  /**
   * What a sample knows: {@code guard} when the guard accounts for any of its processes, {@code
   * resident} when the resident anonymous memory of any is known, {@code cgroup} otherwise. One
   * process is enough: others may have died while they were read.
   */
  public static Fidelity of(Sample sample) {
    return sample.processes().stream()
        .map(FidelityDetection::of)
        .min(Comparator.naturalOrder())
        .orElse(Fidelity.CGROUP);
  }

  /** The fidelity of several together: the worst of theirs; {@code cgroup} for none. */
  public static Fidelity worst(Stream<Fidelity> fidelities) {
    return fidelities.max(Comparator.naturalOrder()).orElse(Fidelity.CGROUP);
  }

  private static Fidelity of(ProcessSample process) {
    if (process.guardAllocatedBytes() != null) {
      return Fidelity.GUARD;
    }
    return process.residentAnonBytes() != null ? Fidelity.RESIDENT : Fidelity.CGROUP;
  }
}
