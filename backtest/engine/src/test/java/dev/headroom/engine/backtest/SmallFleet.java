package dev.headroom.engine.backtest;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * Instances whose every minute is one cycle: backend 101 stands at 10, 100, 400, 700, 760 MiB at 0
 * s to 4 s of it. In a killed cycle the kernel kills it at 4.5 s, at 860, and Postgres is ready
 * again at 9 s; in a calm one it is back at 10 in its next statement at 5 s. memory_max is 1024.
 *
 * <p>A limit of 600 MiB is crossed in (2 s, 3 s]: it prevents every kill 1.5 s ahead and blocks
 * every calm statement for nothing. 900 MiB is never crossed.
 */
public final class SmallFleet {

  public static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  public static final long MIB = 1L << 20;
  public static final int CYCLE_SECONDS = 60;

  private static final long[] HELD = {10, 100, 400, 700, 760};
  private static final long HELD_AT_KILL = 860;

  /**
   * One minute of an instance.
   *
   * @param killed whether it ends in a kill
   * @param shmemBytes over the whole minute
   */
  public record Cycle(boolean killed, long shmemBytes) {
    public static final Cycle KILLED = new Cycle(true, 128 * MIB);
    public static final Cycle CALM = new Cycle(false, 128 * MIB);
  }

  private SmallFleet() {}

  /** An instance of node {@code node} with these minutes, one after the other from START. */
  public static InstanceRecording instance(String name, List<Cycle> cycles) {
    return instance(name, Map.of(), cycles);
  }

  public static InstanceRecording instance(
      String name, Map<String, String> labels, List<Cycle> cycles) {
    Instance instance =
        new Instance(
            InstanceId.of("node", "/" + name, "/data"),
            "node",
            "/" + name,
            CgroupVersion.V2,
            "/data",
            null,
            null,
            labels,
            START);
    List<Sample> samples = new ArrayList<>();
    List<OomKill> kills = new ArrayList<>();
    List<InstanceEvent> events = new ArrayList<>();
    for (int i = 0; i < cycles.size(); i++) {
      Cycle cycle = cycles.get(i);
      Instant start = startOf(i);
      for (int second = 0; second < HELD.length; second++) {
        samples.add(sample(instance, start.plusSeconds(second), cycle, 2L * i, HELD[second]));
      }
      if (cycle.killed()) {
        kills.add(kill(instance, start.plusMillis(4500)));
        events.add(
            new InstanceEvent(
                instance.id(), start.plusSeconds(9), InstanceEvent.Kind.READY, 4500L, null));
      } else {
        samples.add(sample(instance, start.plusSeconds(5), cycle, 2L * i + 1, HELD[0]));
      }
    }
    return new InstanceRecording(instance, samples, kills, events, List.of(), List.of());
  }

  /** The same instance with what a live guard and a live policy logged. */
  public static InstanceRecording with(
      InstanceRecording recording, List<GuardEvent> guardEvents, List<Decision> decisions) {
    return new InstanceRecording(
        recording.instance(),
        recording.samples(),
        recording.kills(),
        recording.instanceEvents(),
        guardEvents,
        decisions);
  }

  /** When the minute of this number starts. */
  public static Instant startOf(int cycle) {
    return START.plusSeconds((long) CYCLE_SECONDS * cycle);
  }

  /** The statement that grows in the minute of this number. */
  public static long statementOf(int cycle) {
    return 2L * cycle;
  }

  private static Sample sample(
      Instance instance, Instant at, Cycle cycle, long statement, long heldMib) {
    Facts facts =
        Facts.builder()
            .set(Fact.SHMEM, cycle.shmemBytes())
            .set(Fact.PAGE_TABLES, 8 * MIB)
            .set(Fact.KERNEL_STACK, 0)
            .set(Fact.SLAB_UNRECLAIMABLE, 0)
            .set(Fact.SOCK, 0)
            .build();
    ProcessSample backend =
        new ProcessSample(
            101,
            7,
            null,
            BackendKind.CLIENT_BACKEND,
            true,
            "shop",
            "app",
            statement,
            null,
            99L,
            heldMib * MIB,
            null,
            null,
            null,
            null,
            null,
            null,
            null);
    return new Sample(instance.id(), at, MemoryLimit.ofBytes(1024 * MIB), facts, List.of(backend));
  }

  private static OomKill kill(Instance instance, Instant at) {
    UUID killId =
        UUID.nameUUIDFromBytes((instance.id() + " " + at).getBytes(StandardCharsets.UTF_8));
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
            null);
    return new OomKill(
        killId,
        killId,
        "node",
        instance.id(),
        at,
        1,
        "test",
        victim,
        null,
        "memcg",
        instance.cgroupPath(),
        instance.cgroupPath(),
        MemoryLimit.ofBytes(1024 * MIB),
        1024 * MIB,
        null,
        HELD_AT_KILL * MIB,
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
