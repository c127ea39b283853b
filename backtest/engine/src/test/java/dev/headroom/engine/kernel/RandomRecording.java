package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
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
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Small recordings, dense with everything that can happen: times and sizes collide on purpose. */
final class RandomRecording {

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final InstanceId ID = InstanceId.of("node", "/random", "/data");
  private static final Instance INSTANCE =
      new Instance(ID, "node", "/random", CgroupVersion.V2, "/data", null, null, Map.of(), START);
  private static final long MIB = 1L << 20;
  static final List<Fact> FLOOR =
      List.of(Fact.SHMEM, Fact.PAGE_TABLES, Fact.KERNEL_STACK, Fact.SLAB_UNRECLAIMABLE, Fact.SOCK);
  private static final int MOST_SAMPLES = 14;
  private static final int PIDS = 5;

  private static final class Living {
    final int pid;
    final long startTicks;
    final BackendKind kind;
    final boolean blockable;
    long allocated;
    @Nullable Long statement;

    Living(int pid, long startTicks, BackendKind kind, boolean blockable) {
      this.pid = pid;
      this.startTicks = startTicks;
      this.kind = kind;
      this.blockable = blockable;
    }
  }

  private final RandomGenerator random;
  private final Map<Integer, Living> living = new TreeMap<>();
  private long starts = 1;

  private RandomRecording(RandomGenerator random) {
    this.random = random;
  }

  static InstanceRecording of(RandomGenerator random) {
    return new RandomRecording(random).recording();
  }

  /** An instance to which nothing happens, sampled every second. */
  static InstanceRecording quiet(int samples) {
    Facts facts = Facts.builder().set(Fact.SHMEM, 100 * MIB).build();
    List<Sample> all = new ArrayList<>();
    for (int i = 0; i < samples; i++) {
      all.add(
          new Sample(ID, START.plusSeconds(i), MemoryLimit.ofBytes(1024 * MIB), facts, List.of()));
    }
    return new InstanceRecording(INSTANCE, all, List.of(), List.of(), List.of(), List.of());
  }

  /** One limit for each sample; some are no decision. */
  static double[] limits(RandomGenerator random, int samples) {
    double[] limits = new double[samples];
    for (int i = 0; i < samples; i++) {
      limits[i] =
          switch (random.nextInt(12)) {
            case 0 -> Double.NaN;
            case 1 -> -1;
            case 2 -> Double.POSITIVE_INFINITY;
            default -> random.nextInt(20, 140) * MIB + random.nextInt(2) * 0.5;
          };
    }
    return limits;
  }

  private InstanceRecording recording() {
    List<Sample> samples = new ArrayList<>();
    int count = random.nextInt(MOST_SAMPLES);
    long halfSeconds = random.nextInt(3);
    for (int i = 0; i < count; i++) {
      samples.add(sample(at(halfSeconds)));
      halfSeconds += random.nextInt(6) == 0 ? random.nextInt(5, 9) : random.nextInt(1, 4);
    }
    int end = (int) halfSeconds + 4;
    return new InstanceRecording(
        INSTANCE, samples, kills(end), instanceEvents(end), denials(end), List.of());
  }

  private static Instant at(long halfSeconds) {
    return START.plusMillis(500 * halfSeconds);
  }

  private Sample sample(Instant sampledAt) {
    List<ProcessSample> rows = new ArrayList<>();
    for (int pid = 1; pid <= PIDS; pid++) {
      step(pid);
      Living process = living.get(pid);
      if (process != null) {
        rows.add(row(process));
      }
    }
    Facts.Builder facts = Facts.builder();
    if (random.nextInt(3) == 0) {
      facts.set(Fact.GUARD_ALLOCATED_PEAK, random.nextInt(160) * MIB);
    }
    if (random.nextInt(3) == 0) {
      facts.set(Fact.SAMPLING_WAIT, 500_000L * random.nextInt(1, 4));
    }
    if (random.nextInt(8) != 0) {
      FLOOR.forEach(part -> facts.set(part, random.nextInt(40) * MIB));
    }
    long memoryMax = random.nextInt(4) == 0 ? 512 * MIB : 1024 * MIB;
    return new Sample(ID, sampledAt, MemoryLimit.ofBytes(memoryMax), facts.build(), rows);
  }

  private void step(int pid) {
    Living process = living.get(pid);
    if (process == null) {
      if (random.nextInt(3) == 0) {
        living.put(pid, start(pid));
      }
    } else if (random.nextInt(8) == 0) {
      living.remove(pid);
    } else {
      process.allocated = random.nextInt(3) == 0 ? process.allocated : random.nextInt(60) * MIB;
      if (random.nextInt(3) == 0) {
        process.statement = random.nextInt(4) == 0 ? null : (Long) (long) random.nextInt(3);
      }
    }
  }

  private Living start(int pid) {
    BackendKind kind =
        switch (random.nextInt(4)) {
          case 0 -> BackendKind.AUTOVACUUM_WORKER;
          case 1 -> BackendKind.PARALLEL_WORKER;
          default -> BackendKind.CLIENT_BACKEND;
        };
    boolean blockable = random.nextInt(8) == 0 ? !kind.blockable() : kind.blockable();
    Living process = new Living(pid, starts++, kind, blockable);
    process.allocated = random.nextInt(60) * MIB;
    process.statement = random.nextInt(3) == 0 ? null : (Long) 0L;
    return process;
  }

  private ProcessSample row(Living process) {
    Long peak = random.nextInt(3) == 0 ? process.allocated + random.nextInt(30) * MIB : null;
    return new ProcessSample(
        process.pid,
        process.startTicks,
        null,
        process.kind,
        process.blockable,
        null,
        null,
        process.statement,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        process.allocated,
        peak);
  }

  private List<OomKill> kills(int end) {
    List<OomKill> kills = new ArrayList<>();
    int count = random.nextInt(4);
    int stranger = random.nextInt(1, 3 * PIDS);
    for (int i = 0; i < count; i++) {
      UUID id = new UUID(random.nextLong(), random.nextLong());
      int pid = random.nextInt(1, PIDS + 2);
      BackendKind kind = pid == stranger ? BackendKind.OTHER : BackendKind.CLIENT_BACKEND;
      Long victimBytes = random.nextBoolean() ? (Long) (random.nextInt(90) * MIB) : null;
      Long instanceBytes = random.nextInt(4) == 0 ? (Long) (random.nextInt(200) * MIB) : null;
      kills.add(
          new OomKill(
              id,
              id,
              "node",
              ID,
              at(random.nextInt(end)),
              i,
              "test",
              OomProcess.of(pid, "postgres", kind),
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              null,
              victimBytes,
              instanceBytes,
              null,
              null,
              null,
              null));
    }
    kills.sort(Comparator.comparing(OomKill::killedAt).thenComparingLong(OomKill::boottimeNs));
    return kills;
  }

  private List<InstanceEvent> instanceEvents(int end) {
    List<InstanceEvent> events = new ArrayList<>();
    int count = random.nextInt(3);
    for (int i = 0; i < count; i++) {
      events.add(
          new InstanceEvent(ID, at(random.nextInt(end)), InstanceEvent.Kind.READY, null, null));
    }
    events.sort(Comparator.comparing(InstanceEvent::occurredAt));
    return events;
  }

  private List<GuardEvent> denials(int end) {
    List<GuardEvent> events = new ArrayList<>();
    int count = random.nextInt(4) == 0 ? random.nextInt(1, 3) : 0;
    for (int i = 0; i < count; i++) {
      events.add(
          new GuardEvent(
              ID,
              at(random.nextInt(end)),
              GuardEvent.Kind.DENIAL,
              1,
              null,
              BackendKind.CLIENT_BACKEND,
              null,
              null,
              random.nextInt(20, 140) * MIB,
              null,
              null,
              null,
              null,
              null,
              null));
    }
    events.sort(Comparator.comparing(GuardEvent::occurredAt));
    return events;
  }
}
