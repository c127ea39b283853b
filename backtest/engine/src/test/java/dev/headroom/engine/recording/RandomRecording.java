package dev.headroom.engine.recording;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Decision;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.GuardMode;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryContext;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Recording;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Made-up recordings that hold every odd thing a real one may: absent facts and names, limits that
 * are unlimited or absent, samples without a process, pids used again, names from hostile users,
 * the largest numbers. One seed makes one recording, for ever.
 */
public final class RandomRecording {

  private static final Instant START = Instant.parse("2026-03-01T12:00:00.000001Z");

  private static final List<String> NAMES =
      List.of(
          "postgres", "app", "Übung", "数据库", "🐘 herd", "foo) Z ", "a'b\"c\\d", "", "\t\n", "x y");

  private final Random random;
  private final double absentShare;

  private RandomRecording(long seed, double absentShare) {
    this.random = new Random(seed);
    this.absentShare = absentShare;
  }

  /** Up to four instances with up to twenty samples of anything that the model allows. */
  public static List<InstanceRecording> odd(long seed) {
    Random sizes = new Random(seed);
    RandomRecording odd = new RandomRecording(seed, sizes.nextDouble());
    List<InstanceRecording> recordings = new ArrayList<>();
    for (int i = sizes.nextInt(5); i > 0; i--) {
      recordings.add(odd.instance(sizes.nextInt(20), sizes.nextInt(6), 250_000));
    }
    recordings.sort(Comparator.comparing(recording -> recording.instance().id()));
    return recordings;
  }

  /** Instances as a lab records them: every process known, memory that grows and shrinks. */
  public static List<InstanceRecording> lab(
      long seed, int instances, int samples, int processes, long stepMicros) {
    RandomRecording lab = new RandomRecording(seed, 0.02);
    List<InstanceRecording> recordings = new ArrayList<>();
    for (int i = 0; i < instances; i++) {
      recordings.add(new LabInstance(lab).record(samples, processes, stepMicros));
    }
    recordings.sort(Comparator.comparing(recording -> recording.instance().id()));
    return recordings;
  }

  /** The recording that lists these instances. */
  public static Recording describe(List<InstanceRecording> instances) {
    return new Recording(
        "made up",
        START,
        START.plusSeconds(86_400),
        instances.stream().map(recording -> recording.instance().id()).toList(),
        "made by RandomRecording");
  }

  private InstanceRecording instance(int sampleCount, int processCount, long stepMicros) {
    Instance instance = instance();
    List<Sample> samples = new ArrayList<>();
    Instant time = START;
    for (int i = 0; i < sampleCount; i++) {
      time = micros(time, 1 + random.nextLong(2 * stepMicros));
      samples.add(new Sample(instance.id(), time, memoryMax(), facts(), processes(processCount)));
    }
    return new InstanceRecording(
        instance,
        samples,
        events(at -> kill(instance, at)),
        events(at -> instanceEvent(instance.id(), at)),
        events(at -> guardEvent(instance.id(), at)),
        events(at -> decision(instance.id(), at)));
  }

  private interface AtTime<E> {
    E make(Instant at);
  }

  private <E> List<E> events(AtTime<E> event) {
    List<E> events = new ArrayList<>();
    Instant time = START;
    for (int i = random.nextInt(5); i > 0; i--) {
      time = micros(time, 1 + random.nextLong(1_000_000));
      events.add(event.make(time));
    }
    return events;
  }

  private Instance instance() {
    String node = name();
    String cgroup = "/" + name() + random.nextLong();
    Map<String, String> labels = new HashMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      labels.put(name(), name());
    }
    return new Instance(
        InstanceId.of(node, cgroup, "/data"),
        node,
        cgroup,
        random.nextBoolean() ? CgroupVersion.V1 : CgroupVersion.V2,
        "/data",
        maybe(() -> random.nextInt(65_536)),
        maybe(() -> "17." + random.nextInt(20)),
        labels,
        START);
  }

  private Facts facts() {
    Facts.Builder facts = Facts.builder();
    for (Fact fact : Fact.values()) {
      Long value = maybe(this::bytes);
      if (value != null) {
        facts.set(fact, value);
      }
    }
    return facts.build();
  }

  private List<ProcessSample> processes(int atMost) {
    List<ProcessSample> processes = new ArrayList<>();
    int pid = 1;
    for (int i = random.nextInt(atMost + 1); i > 0; i--) {
      pid += 1 + random.nextInt(3);
      processes.add(process(pid, random.nextInt(100)));
    }
    return processes;
  }

  private ProcessSample process(int pid, long startTicks) {
    return new ProcessSample(
        pid,
        startTicks,
        maybe(() -> random.nextInt(32_768)),
        kind(),
        random.nextBoolean(),
        maybe(this::name),
        maybe(this::name),
        maybe(() -> random.nextLong(1000)),
        maybe(random::nextLong),
        maybe(random::nextLong),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(() -> random.nextInt(2001) - 1000),
        maybe(this::bytes),
        maybe(this::bytes));
  }

  private List<MemoryContext> memoryContexts() {
    return Stream.generate(() -> new MemoryContext(name(), bytes(), random.nextInt(1, 100_000)))
        .limit(random.nextInt(4))
        .toList();
  }

  private OomKill kill(Instance instance, Instant at) {
    return new OomKill(
        uuid(),
        uuid(),
        instance.node(),
        instance.id(),
        at,
        random.nextLong(Long.MAX_VALUE),
        "tp_btf",
        oomProcess(),
        maybe(this::oomProcess),
        maybe(() -> "memcg"),
        maybe(this::name),
        maybe(this::name),
        memoryMax(),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(() -> random.nextInt(2001) - 1000),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(random::nextBoolean),
        maybe(random::nextBoolean),
        maybe(() -> random.nextLong(1000)),
        maybe(this::memoryContexts));
  }

  private OomProcess oomProcess() {
    return new OomProcess(
        1 + random.nextInt(4_194_304),
        maybe(() -> random.nextInt(32_768)),
        name(),
        maybe(this::name),
        kind(),
        maybe(this::name),
        maybe(this::name),
        maybe(random::nextLong),
        maybe(random::nextLong),
        maybe(() -> "SELECT '" + name() + "'"));
  }

  private InstanceEvent instanceEvent(InstanceId id, Instant at) {
    return new InstanceEvent(
        id,
        at,
        oneOf(InstanceEvent.Kind.values()),
        maybe(() -> random.nextLong(60_000)),
        maybe(this::name));
  }

  private GuardEvent guardEvent(InstanceId id, Instant at) {
    return new GuardEvent(
        id,
        at,
        oneOf(GuardEvent.Kind.values()),
        1 + random.nextInt(4_194_304),
        maybe(() -> random.nextLong(1000)),
        kind(),
        maybe(random::nextLong),
        maybe(this::name),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(() -> oneOf(GuardMode.values())),
        maybe(this::bytes),
        maybe(this::name));
  }

  private Decision decision(InstanceId id, Instant at) {
    Map<String, Double> inputs = new HashMap<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      inputs.put(name(), random.nextGaussian() * 1e12);
    }
    return new Decision(
        id,
        at,
        name(),
        maybe(this::bytes),
        oneOf(GuardMode.values()),
        random.nextBoolean(),
        maybe(this::name),
        inputs,
        maybe(() -> random.nextLong(1_000_000)),
        maybe(() -> new UUID(random.nextLong(), random.nextLong())),
        maybe(random::nextDouble));
  }

  private @Nullable MemoryLimit memoryMax() {
    MemoryLimit limit =
        random.nextInt(4) == 0 ? MemoryLimit.UNLIMITED : MemoryLimit.ofBytes(bytes());
    return maybe(() -> limit);
  }

  private long bytes() {
    return switch (random.nextInt(8)) {
      case 0 -> 0;
      case 1 -> Long.MAX_VALUE;
      default -> 4096 * random.nextLong(1L << 22);
    };
  }

  private UUID uuid() {
    return new UUID(random.nextLong(), random.nextLong());
  }

  private BackendKind kind() {
    return oneOf(BackendKind.values());
  }

  private String name() {
    return NAMES.get(random.nextInt(NAMES.size()));
  }

  private <E> E oneOf(E[] constants) {
    return constants[random.nextInt(constants.length)];
  }

  private <T> @Nullable T maybe(Supplier<? extends T> value) {
    return random.nextDouble() < absentShare ? null : value.get();
  }

  private static Instant micros(Instant time, long micros) {
    return time.plusNanos(1000 * micros);
  }

  /** One instance of a lab: processes that live on from sample to sample. */
  private static final class LabInstance {
    private final RandomRecording lab;
    private final Random random;
    private final Map<Integer, Long> anonByPid = new HashMap<>();
    private final Map<Integer, Long> statementByPid = new HashMap<>();
    private long counter;

    private LabInstance(RandomRecording lab) {
      this.lab = lab;
      this.random = lab.random;
    }

    private InstanceRecording record(int sampleCount, int processCount, long stepMicros) {
      Instance instance = lab.instance();
      List<Sample> samples = new ArrayList<>();
      Instant time = START;
      for (int i = 0; i < sampleCount; i++) {
        time = micros(time, stepMicros - stepMicros / 20 + random.nextLong(stepMicros / 10));
        List<ProcessSample> processes = new ArrayList<>();
        for (int p = 0; p < processCount; p++) {
          processes.add(process(1000 + p));
        }
        samples.add(
            new Sample(
                instance.id(), time, MemoryLimit.ofBytes(1L << 30), facts(processes), processes));
      }
      List<OomKill> kills = List.of(lab.kill(instance, time));
      return new InstanceRecording(instance, samples, kills, List.of(), List.of(), List.of());
    }

    /** Most processes idle most of the time; a busy one grows by pages and ends its statement. */
    private ProcessSample process(int pid) {
      boolean postmaster = pid == 1000;
      long anon = anonByPid.getOrDefault(pid, 2L << 20);
      Long statement = statementByPid.get(pid);
      if (statement != null) {
        anon += 4096 * random.nextLong(2000);
        if (random.nextInt(40) == 0) {
          statementByPid.remove(pid);
          anon = 2L << 20;
        }
      } else if (!postmaster && random.nextInt(60) == 0) {
        statementByPid.put(pid, ++counter);
      }
      anonByPid.put(pid, anon);
      return new ProcessSample(
          pid,
          123_456 + pid,
          null,
          postmaster ? BackendKind.POSTMASTER : BackendKind.CLIENT_BACKEND,
          !postmaster,
          postmaster ? null : "lab",
          postmaster ? null : "postgres",
          statement,
          null,
          statement == null ? null : statement * 0x9E3779B97F4A7C15L,
          anon,
          12L << 20,
          4096 * (anon >> 16),
          4096 * (20 + (anon >> 21)),
          0L,
          0,
          null,
          null);
    }

    private Facts facts(List<ProcessSample> processes) {
      long anon = processes.stream().mapToLong(LabInstance::anon).sum();
      Facts.Builder facts = Facts.builder();
      facts.set(Fact.ANON, anon);
      facts.set(Fact.FILE, (200L << 20) + 4096 * random.nextLong(100));
      facts.set(Fact.MEMORY_CURRENT, anon + (300L << 20));
      facts.set(Fact.SHMEM, 150L << 20);
      facts.set(Fact.PAGE_TABLES, anon >> 8);
      facts.set(Fact.KERNEL, (20L << 20) + 4096 * random.nextLong(50));
      facts.set(Fact.SLAB_UNRECLAIMABLE, (8L << 20) + 4096 * random.nextLong(20));
      facts.set(Fact.OOM_KILLS, 0);
      facts.set(Fact.LIMIT_HITS, counter);
      facts.set(Fact.SHARED_BUFFERS, 128L << 20);
      facts.set(Fact.SHARED_MEMORY, 150L << 20);
      facts.set(Fact.MAX_CONNECTIONS, 100);
      return facts.build();
    }

    private static long anon(ProcessSample process) {
      Long bytes = process.residentAnonBytes();
      return bytes == null ? 0 : bytes;
    }
  }
}
