package dev.headroom.engine.report;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.Policy;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

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

  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final long MIB = 1L << 20;

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
    InstanceId id = id("hog");
    return recording(
        id,
        samples(id, new long[] {10, 100, 400, 700, 760}, new long[] {1, 1, 1, 1, 1}),
        List.of(kill(id, 4500)),
        List.of(
            new InstanceEvent(id, START.plusSeconds(9), InstanceEvent.Kind.READY, 4500L, null)));
  }

  private static InstanceRecording spike() {
    InstanceId id = id("spike");
    return recording(
        id,
        samples(id, new long[] {10, 100, 850, 20, 20}, new long[] {1, 1, 1, 2, 2}),
        List.of(),
        List.of());
  }

  private static InstanceRecording dark() {
    InstanceId id = id("dark");
    return recording(
        id,
        samples(id, new long[] {10, 20, 20, 20, 20}, new long[] {1, 1, 1, 1, 1}),
        List.of(kill(id, 9500)),
        List.of());
  }

  static InstanceId id(String name) {
    return InstanceId.of("node", "/" + name, "/data");
  }

  private static InstanceRecording recording(
      InstanceId id, List<Sample> samples, List<OomKill> kills, List<InstanceEvent> events) {
    return new InstanceRecording(
        new Instance(id, "node", "/x", CgroupVersion.V1, "/data", null, null, Map.of(), START),
        samples,
        kills,
        events,
        List.of(),
        List.of());
  }

  private static List<Sample> samples(InstanceId id, long[] heldMib, long[] statements) {
    List<Sample> samples = new ArrayList<>();
    for (int second = 0; second < heldMib.length; second++) {
      samples.add(sample(id, second, heldMib[second] * MIB, statements[second]));
    }
    return samples;
  }

  private static Sample sample(InstanceId id, int second, long residentAnonBytes, long statement) {
    Facts facts =
        Facts.builder()
            .set(Fact.SHMEM, 128 * MIB)
            .set(Fact.KERNEL, 96 * MIB)
            .set(Fact.PAGE_TABLES, 8 * MIB)
            .build();
    ProcessSample process =
        new ProcessSample(
            101,
            7,
            null,
            BackendKind.CLIENT_BACKEND,
            true,
            "shop",
            "<app>",
            statement,
            17L,
            99L,
            residentAnonBytes,
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    return new Sample(
        id, START.plusSeconds(second), MemoryLimit.ofBytes(1024 * MIB), facts, List.of(process));
  }

  private static OomKill kill(InstanceId id, long atMs) {
    UUID killId = UUID.nameUUIDFromBytes(id.toString().getBytes(StandardCharsets.UTF_8));
    return new OomKill(
        killId,
        killId,
        "node",
        id,
        START.plusMillis(atMs),
        1,
        "test",
        new OomProcess(
            101,
            null,
            "postgres",
            null,
            BackendKind.CLIENT_BACKEND,
            "shop",
            "<app>",
            null,
            99L,
            null),
        null,
        null,
        null,
        null,
        MemoryLimit.ofBytes(1024 * MIB),
        1024 * MIB,
        null,
        860 * MIB,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }
}
