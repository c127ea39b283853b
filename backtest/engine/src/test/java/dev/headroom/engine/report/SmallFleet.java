package dev.headroom.engine.report;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.backtest.SmallInstance;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * Three instances of 1,024 MiB on cgroup v1 with 128 MiB of shared memory and 96 MiB of the kernel,
 * so that the headroom is 800 MiB; one sample each second.
 *
 * <ul>
 *   <li>{@code hog}: one query grows to 760 MiB and is killed at 4.5 s, when it holds 860; ready at
 *       9 s, an outage of 4.5 s.
 *   <li>{@code spike}: one query holds 850 MiB at 2 s and ends by itself.
 *   <li>{@code dark}: killed at 9.5 s, long after its last sample at 4 s.
 * </ul>
 */
final class SmallFleet {

  static final Instant START = SmallInstance.START;

  private SmallFleet() {}

  static List<InstanceRecording> recordings() {
    return List.of(hog(), spike(), dark());
  }

  /** The talk's formula, 788 MiB here, and one without a reserve, 896 MiB. */
  static BacktestResult run(BacktestConfig config) {
    return run(
        config,
        List.of(
            Policy.of("talk", "memory_max - (shmem + page_tables + 100MiB)"),
            Policy.of("generous", "memory_max - shmem")));
  }

  static BacktestResult run(BacktestConfig config, List<Policy> policies) {
    return Backtest.run(
        new RecordingSource("fleet", "hash-1", recordings()),
        policies.stream().map(Candidate::parse).toList(),
        config,
        ProgressListener.NONE);
  }

  private static InstanceRecording hog() {
    return instance("hog")
        .growing()
        .killed(START.plusMillis(4500))
        .ready(START.plusSeconds(9), Duration.ofMillis(4500))
        .recording();
  }

  private static InstanceRecording spike() {
    return instance("spike")
        .sampledEachSecond(10, 100, 850)
        .sampled(START.plusSeconds(3), 2, 20)
        .sampled(START.plusSeconds(4), 2, 20)
        .recording();
  }

  private static InstanceRecording dark() {
    return instance("dark")
        .sampledEachSecond(10, 20, 20, 20, 20)
        .killed(START.plusMillis(9500))
        .recording();
  }

  private static SmallInstance instance(String name) {
    return new SmallInstance(name, CgroupVersion.V1, "<app>", Map.of());
  }
}
