package dev.headroom.launcher;

import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.engine.recording.WriteOptions;
import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Recording;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Two instances, seconds long, small enough to judge by hand; MiB throughout. In both memory_max is
 * 1024, shmem 128, page tables 8, and backend 101 stands at 10, 100, 400, 700, 760 at 0 s to 4 s.
 *
 * <p>In {@code killed} the kernel kills it at 4.5 s, at 860. {@code 600MiB} is crossed in (2 s, 3
 * s], so the kill is prevented 1500 ms ahead with 860 - 0 freed; {@code memory_max - shmem} = 896
 * is never crossed, so it is missed. In {@code calm} nothing happens.
 */
final class TinyRecording {

  static final String NAME = "tiny";
  static final String KILL_ID = "3f2a0000-0000-4000-8000-000000000001";
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  static final Instant END = START.plusSeconds(60);

  private static final long MIB = 1L << 20;
  private static final String NODE = "node-1";

  private TinyRecording() {}

  static Path write(Path folder) throws IOException {
    RecordingDirectory.write(
        folder, recording(), instances().iterator(), WriteOptions.of("headroom test"));
    return folder;
  }

  static Recording recording() {
    List<InstanceId> ids = instances().stream().map(each -> each.instance().id()).toList();
    return new Recording(NAME, START, END, ids, "made by hand");
  }

  /** In ascending order of their ids, as a recording's folder wants them. */
  static List<InstanceRecording> instances() {
    return Stream.of(killed(), calm())
        .sorted((one, other) -> one.instance().id().compareTo(other.instance().id()))
        .toList();
  }

  /** The same as what a collector stores. */
  static List<Observation> observations() {
    return instances().stream()
        .flatMap(each ->
            Stream.of(List.of(each.instance()), each.samples(), each.kills(), each.instanceEvents())
                .flatMap(List::stream))
        .map(Observation.class::cast)
        .toList();
  }

  private static InstanceRecording killed() {
    Instance instance = instance("/pods/killed");
    InstanceEvent ready =
        new InstanceEvent(
            instance.id(), START.plusSeconds(9), InstanceEvent.Kind.READY, 4500L, null);
    return new InstanceRecording(
        instance,
        samples(instance.id()),
        List.of(kill(instance.id())),
        List.of(ready),
        List.of(),
        List.of());
  }

  private static InstanceRecording calm() {
    Instance instance = instance("/pods/calm");
    return new InstanceRecording(
        instance, samples(instance.id()), List.of(), List.of(), List.of(), List.of());
  }

  private static Instance instance(String cgroupPath) {
    return new Instance(
        InstanceId.of(NODE, cgroupPath, "/data"),
        NODE,
        cgroupPath,
        CgroupVersion.V2,
        "/data",
        5432,
        "17.5",
        Map.of("team", "shop"),
        START);
  }

  private static List<Sample> samples(InstanceId id) {
    long[] held = {10, 100, 400, 700, 760};
    return IntStream.range(0, held.length)
        .mapToObj(second -> sample(id, second, held[second] * MIB))
        .toList();
  }

  private static Sample sample(InstanceId id, int second, long residentAnonBytes) {
    Facts facts = Facts.builder().set(Fact.SHMEM, 128 * MIB).set(Fact.PAGE_TABLES, 8 * MIB).build();
    ProcessSample backend =
        new ProcessSample(
            101,
            7,
            null,
            BackendKind.CLIENT_BACKEND,
            true,
            "shop",
            "app",
            1L,
            null,
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
        id, START.plusSeconds(second), MemoryLimit.ofBytes(1024 * MIB), facts, List.of(backend));
  }

  private static OomKill kill(InstanceId id) {
    UUID killId = UUID.fromString(KILL_ID);
    OomProcess victim =
        new OomProcess(
            101,
            null,
            "postgres",
            "postgres: app shop SELECT",
            BackendKind.CLIENT_BACKEND,
            "shop",
            "app",
            null,
            99L,
            "select repeat('x', 860000000)");
    return new OomKill(
        killId,
        killId,
        NODE,
        id,
        START.plusMillis(4500),
        1,
        "tp_btf",
        victim,
        null,
        "memcg",
        "/pods/killed",
        "/pods/killed",
        MemoryLimit.ofBytes(1024 * MIB),
        1024 * MIB,
        null,
        860 * MIB,
        null,
        null,
        8 * MIB,
        0,
        null,
        null,
        false,
        true,
        null,
        null);
  }
}
