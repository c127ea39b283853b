package dev.headroom.engine.backtest;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * An instance of 1,024 MiB with one client backend, put together sample by sample, small enough to
 * judge by hand. Page tables are 8 MiB, and shared memory is 128 unless said otherwise. On cgroup
 * v1 the kernel has 96 MiB, so that the headroom is 800; on v2 the rest of the floor is 0.
 */
public final class SmallInstance {

  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  public static final long MIB = 1L << 20;

  static final long SHMEM_BYTES = 128 * MIB;

  private static final long[] GROWING_MIB = {10, 100, 400, 700, 760};
  private static final String NODE = "node";
  private static final int PID = 101;
  private static final long QUERY_ID = 17;
  private static final long FINGERPRINT = 99;
  private static final long MEMORY_MAX_BYTES = 1024 * MIB;
  private static final long HELD_AT_KILL_BYTES = 860 * MIB;

  private final Instance instance;
  private final String user;
  private final List<Sample> samples = new ArrayList<>();
  private final List<OomKill> kills = new ArrayList<>();
  private final List<InstanceEvent> events = new ArrayList<>();

  public SmallInstance(
      String name, CgroupVersion cgroupVersion, String user, Map<String, String> labels) {
    this.user = user;
    this.instance =
        new Instance(id(name), NODE, "/" + name, cgroupVersion, "/data", null, null, labels, START);
  }

  /** The id of an instance of this name. */
  public static InstanceId id(String name) {
    return InstanceId.of(NODE, "/" + name, "/data");
  }

  /** From {@link #START} on, the backend holds 10, 100, 400, 700, 760 MiB, in statement 1. */
  public SmallInstance growing() {
    return growing(START, 1, SHMEM_BYTES);
  }

  /** The same from any moment, in any statement. */
  public SmallInstance growing(Instant from, long statement, long shmemBytes) {
    for (int second = 0; second < GROWING_MIB.length; second++) {
      sampled(from.plusSeconds(second), statement, GROWING_MIB[second], shmemBytes);
    }
    return this;
  }

  /** Samples one second apart from {@link #START}, all in statement 1. */
  public SmallInstance sampledEachSecond(long... heldMib) {
    for (int second = 0; second < heldMib.length; second++) {
      sampled(START.plusSeconds(second), 1, heldMib[second]);
    }
    return this;
  }

  public SmallInstance sampled(Instant at, long statement, long heldMib) {
    return sampled(at, statement, heldMib, SHMEM_BYTES);
  }

  /** The backend is in this statement and holds this much. */
  public SmallInstance sampled(Instant at, long statement, long heldMib, long shmemBytes) {
    ProcessSample backend =
        new ProcessSample(
            PID,
            7,
            null,
            BackendKind.CLIENT_BACKEND,
            true,
            "shop",
            user,
            statement,
            QUERY_ID,
            FINGERPRINT,
            heldMib * MIB,
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    samples.add(
        new Sample(
            instance.id(),
            at,
            MemoryLimit.ofBytes(MEMORY_MAX_BYTES),
            facts(shmemBytes),
            List.of(backend)));
    return this;
  }

  private Facts facts(long shmemBytes) {
    Facts.Builder facts =
        Facts.builder().set(Fact.SHMEM, shmemBytes).set(Fact.PAGE_TABLES, 8 * MIB);
    return switch (instance.cgroupVersion()) {
      case V1 -> facts.set(Fact.KERNEL, 96 * MIB).build();
      case V2 ->
          facts.set(Fact.KERNEL_STACK, 0).set(Fact.SLAB_UNRECLAIMABLE, 0).set(Fact.SOCK, 0).build();
    };
  }

  /** The kernel kills the backend, which holds 860 MiB. */
  public SmallInstance killed(Instant at, MemoryContext... contexts) {
    UUID killId =
        UUID.nameUUIDFromBytes((instance.id() + " " + at).getBytes(StandardCharsets.UTF_8));
    OomProcess victim =
        new OomProcess(
            PID,
            null,
            "postgres",
            "postgres: " + user + " shop SELECT",
            BackendKind.CLIENT_BACKEND,
            "shop",
            user,
            null,
            FINGERPRINT,
            null);
    kills.add(
        new OomKill(
            killId,
            killId,
            NODE,
            instance.id(),
            at,
            1,
            "test",
            victim,
            null,
            "memcg",
            instance.cgroupPath(),
            instance.cgroupPath(),
            MemoryLimit.ofBytes(MEMORY_MAX_BYTES),
            MEMORY_MAX_BYTES,
            null,
            HELD_AT_KILL_BYTES,
            null,
            null,
            8 * MIB,
            0,
            null,
            null,
            false,
            true,
            null,
            contexts.length == 0 ? null : List.of(contexts)));
    return this;
  }

  /** Postgres is back after an outage of this length. */
  public SmallInstance ready(Instant at, Duration outage) {
    events.add(
        new InstanceEvent(instance.id(), at, InstanceEvent.Kind.READY, outage.toMillis(), null));
    return this;
  }

  public InstanceRecording recording() {
    return new InstanceRecording(instance, samples, kills, events, List.of(), List.of());
  }
}
