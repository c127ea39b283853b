package dev.headroom.model;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything read about an instance at one moment. The key is instance and time.
 *
 * @param instanceId whose
 * @param sampledAt the moment on the wall clock, to the microsecond
 * @param memoryMax the smallest limit on the way from the instance's cgroup to the root; absent
 *     when it could not be read
 * @param facts what the kernel, Postgres and the guard say of the whole
 * @param processes every process of the cgroup, in ascending pid order
 */
public record Sample(
    InstanceId instanceId,
    Instant sampledAt,
    @Nullable MemoryLimit memoryMax,
    Facts facts,
    List<ProcessSample> processes)
    implements Observation {

  public Sample {
    processes = List.copyOf(processes);
  }

  /** The same sample with one more fact, or another value for it. */
  public Sample with(Fact fact, long value) {
    return new Sample(instanceId, sampledAt, memoryMax, facts.with(fact, value), processes);
  }
}
