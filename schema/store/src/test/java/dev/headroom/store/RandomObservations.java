package dev.headroom.store;

import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.CollectorEvent;
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
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.OomProcess;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Observations with every field at random, absent ones included; the same seed makes the same. */
final class RandomObservations {

  static final Instant START = Instant.parse("2026-03-01T12:00:00Z");

  private static final List<String> TEXTS =
      List.of(
          "",
          "app",
          "foo) Z ",
          "Zoë'; DROP TABLE x; --",
          "line\nbreak\ttab\\N",
          "\uD83D\uDC18 \"q\"");
  private static final List<Double> NUMBERS =
      List.of(
          0.0,
          -0.0,
          1e300,
          4.9e-324,
          0.1,
          Double.NaN,
          Double.POSITIVE_INFINITY,
          Double.NEGATIVE_INFINITY);

  private final RandomGenerator random;
  private final String node;

  RandomObservations(RandomGenerator random, String node) {
    this.random = random;
    this.node = node;
  }

  Node node(Instant observedAt) {
    return new Node(node, text(), text(), maybe(this::bytes), maybe(this::text), observedAt);
  }

  Instance instance(int number, Instant observedAt) {
    String cgroup = "/db" + number;
    return new Instance(
        InstanceId.of(node, cgroup, "/data"),
        node,
        cgroup,
        any(CgroupVersion.values()),
        "/data",
        maybe(() -> random.nextInt(65536)),
        maybe(this::text),
        Map.of("scenario", text(), text() + "#", text()),
        observedAt);
  }

  /** Samples 100 ms to 1 s apart, events between them, at most {@code size} of each. */
  InstanceRecording recording(int number, int size) {
    Instance instance = instance(number, START);
    InstanceId id = instance.id();
    List<Sample> samples = new ArrayList<>();
    List<OomKill> kills = new ArrayList<>();
    List<InstanceEvent> instanceEvents = new ArrayList<>();
    List<GuardEvent> guardEvents = new ArrayList<>();
    List<Decision> decisions = new ArrayList<>();
    Instant at = START;
    for (int i = 0; i < size; i++) {
      at = at.plus(random.nextLong(100_000, 1_000_000), ChronoUnit.MICROS);
      samples.add(sample(id, at));
      if (random.nextInt(4) == 0) {
        kills.add(kill(id, at.plus(random.nextInt(50_000), ChronoUnit.MICROS)));
        instanceEvents.add(instanceEvent(id, at.plus(random.nextInt(50_000), ChronoUnit.MICROS)));
        guardEvents.add(guardEvent(id, at.plus(random.nextInt(50_000), ChronoUnit.MICROS)));
        decisions.add(decision(id, at.plus(random.nextInt(50_000), ChronoUnit.MICROS)));
      }
    }
    return new InstanceRecording(instance, samples, kills, instanceEvents, guardEvents, decisions);
  }

  Sample sample(InstanceId id, Instant at) {
    Facts.Builder facts = Facts.builder();
    for (Fact fact : Fact.values()) {
      if (random.nextBoolean()) {
        facts.set(fact, bytes());
      }
    }
    List<ProcessSample> processes =
        IntStream.range(0, random.nextInt(6)).mapToObj(i -> process(100 + 7 * i)).toList();
    return new Sample(id, at, memoryLimit(), facts.build(), processes);
  }

  OomKill kill(@Nullable InstanceId id, Instant at) {
    return new OomKill(
        uuid(),
        uuid(),
        node,
        id,
        at,
        random.nextLong(),
        "tp_btf",
        oomProcess(),
        maybe(this::oomProcess),
        maybe(this::text),
        maybe(this::text),
        maybe(this::text),
        memoryLimit(),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(() -> random.nextInt(-1000, 1001)),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(random::nextBoolean),
        maybe(random::nextBoolean),
        maybe(random::nextLong),
        maybe(this::memoryContexts));
  }

  InstanceEvent instanceEvent(InstanceId id, Instant at) {
    return new InstanceEvent(
        id, at, any(InstanceEvent.Kind.values()), maybe(this::bytes), maybe(this::text));
  }

  GuardEvent guardEvent(InstanceId id, Instant at) {
    return new GuardEvent(
        id,
        at,
        any(GuardEvent.Kind.values()),
        random.nextInt(1, 4_000_000),
        maybe(random::nextLong),
        any(BackendKind.values()),
        maybe(random::nextLong),
        maybe(this::text),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(() -> any(GuardMode.values())),
        maybe(this::bytes),
        maybe(this::text));
  }

  Decision decision(InstanceId id, Instant at) {
    Map<String, Double> inputs = new HashMap<>();
    for (int i = 0; i < random.nextInt(5); i++) {
      inputs.put("input_" + i, NUMBERS.get(random.nextInt(NUMBERS.size())));
      inputs.put("noise_" + i, random.nextGaussian() * 1e12);
    }
    return new Decision(
        id,
        at,
        "talk@1",
        maybe(this::bytes),
        any(GuardMode.values()),
        random.nextBoolean(),
        maybe(this::text),
        inputs,
        maybe(this::bytes),
        maybe(this::uuid),
        maybe(random::nextDouble));
  }

  CollectorEvent collectorEvent(Instant at) {
    return new CollectorEvent(
        node,
        maybe(() -> InstanceId.of(node, "/db0", "/data")),
        at,
        any(CollectorEvent.Kind.values()),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::text));
  }

  /** Everything of a recording, in the order in which a collector would see it come. */
  static List<Observation> observationsOf(InstanceRecording recording) {
    List<Observation> all = new ArrayList<>();
    all.add(recording.instance());
    all.addAll(recording.samples());
    all.addAll(recording.kills());
    all.addAll(recording.instanceEvents());
    all.addAll(recording.guardEvents());
    all.addAll(recording.decisions());
    return all;
  }

  private ProcessSample process(int pid) {
    return new ProcessSample(
        pid,
        random.nextLong(1, 1L << 40),
        maybe(() -> random.nextInt(1, 1000)),
        any(BackendKind.values()),
        random.nextBoolean(),
        maybe(this::text),
        maybe(this::text),
        maybe(random::nextLong),
        maybe(random::nextLong),
        maybe(random::nextLong),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(this::bytes),
        maybe(() -> random.nextInt(-1000, 1001)),
        maybe(this::bytes),
        maybe(this::bytes));
  }

  private OomProcess oomProcess() {
    return new OomProcess(
        random.nextInt(1, 4_000_000),
        maybe(() -> random.nextInt(1, 1000)),
        text(),
        maybe(this::text),
        any(BackendKind.values()),
        maybe(this::text),
        maybe(this::text),
        maybe(random::nextLong),
        maybe(random::nextLong),
        maybe(this::text));
  }

  private @Nullable MemoryLimit memoryLimit() {
    return switch (random.nextInt(3)) {
      case 0 -> null;
      case 1 -> MemoryLimit.UNLIMITED;
      default -> MemoryLimit.ofBytes(bytes());
    };
  }

  private List<MemoryContext> memoryContexts() {
    return Stream.generate(() -> new MemoryContext(text(), bytes(), random.nextInt(1, 100_000)))
        .limit(random.nextInt(4))
        .toList();
  }

  private UUID uuid() {
    return new UUID(random.nextLong(), random.nextLong());
  }

  private long bytes() {
    return random.nextLong(1L << 45);
  }

  private String text() {
    return TEXTS.get(random.nextInt(TEXTS.size()));
  }

  private <V> V any(V[] values) {
    return values[random.nextInt(values.length)];
  }

  private <V> @Nullable V maybe(Supplier<V> value) {
    return random.nextBoolean() ? value.get() : null;
  }
}
