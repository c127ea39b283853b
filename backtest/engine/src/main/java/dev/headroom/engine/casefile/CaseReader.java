package dev.headroom.engine.casefile;

import dev.headroom.engine.kernel.CaseFacts;
import dev.headroom.engine.kernel.FormulaRule;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.formula.Formula;
import dev.headroom.formula.FormulaException;
import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Policy;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import dev.headroom.model.SampleInput;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads one case into a recording as a collector with a guard would have made it. */
final class CaseReader {

  /** Time 0 of every case. */
  static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private static final Set<String> KEYS =
      Set.of(
          "case",
          "why",
          "instance",
          "step",
          "samples",
          "missing",
          "fields",
          "processes",
          "peak",
          "events",
          "policy",
          "expect");
  private static final Set<String> INSTANCE_KEYS = Set.of("memory_max", "cgroup");
  private static final Set<String> POLICY_KEYS =
      Set.of("formula", "reference", "cadence", "lag", "minimum", "maximum");

  /** A worked example is worked by a person. */
  private static final int MOST_SAMPLES = 100_000;

  private static final long LONGEST_NS = Duration.ofDays(36_525).toNanos();

  private final CaseNode node;
  private final Map<String, CaseNode> entries;
  private final InstanceId instanceId;
  private final MemoryLimit memoryMax;
  private final CgroupVersion cgroupVersion;
  private final long stepNs;
  private final int positions;
  private final Set<Integer> missing;
  private final List<CaseProcess> processes;
  private final Map<String, double[]> fields;
  private final @Nullable List<CaseNode> watermark;

  private CaseReader(CaseNode node) {
    this.node = node;
    entries = node.mapping(KEYS);
    instanceId = InstanceId.of("case", "/case", get("case").text());
    Map<String, CaseNode> instance = get("instance").mapping(INSTANCE_KEYS);
    memoryMax = readMemoryMax(CaseNode.get(get("instance"), instance, "memory_max"));
    cgroupVersion = readCgroup(instance.get("cgroup"));
    stepNs = get("step").nanoseconds();
    if (stepNs == 0) {
      throw get("step").error("a step is longer than 0");
    }
    positions = get("samples").count();
    if (positions > MOST_SAMPLES) {
      throw get("samples")
          .error("at most %s samples are read, not %s".formatted(MOST_SAMPLES, positions));
    }
    if (stepNs > LONGEST_NS / Math.max(1, positions)) {
      throw get("step")
          .error("%s samples of this step last longer than a century".formatted(positions));
    }
    missing = readMissing(entries.get("missing"));
    processes = CaseProcess.readAll(entries.get("processes"), positions);
    fields = readFields(entries.get("fields"));
    CaseNode peak = entries.get("peak");
    watermark = peak == null ? null : peak.listOf(positions);
  }

  static ReplayCase read(CaseNode node) {
    return new CaseReader(node).read();
  }

  private ReplayCase read() {
    List<Integer> present = new ArrayList<>();
    List<Sample> samples = new ArrayList<>();
    for (int position = 0; position < positions; position++) {
      if (!missing.contains(position)) {
        present.add(position);
        samples.add(sample(position));
      }
    }
    CaseEvents events = new CaseEvents(instanceId, processes);
    CaseNode eventList = entries.get("events");
    if (eventList != null) {
      eventList.list().forEach(events::read);
    }
    Instance instance =
        new Instance(instanceId, "case", "/case", cgroupVersion, "/", null, null, Map.of(), START);
    CaseNode why = entries.get("why");
    return new ReplayCase(
        get("case").text(),
        node.place(),
        why == null ? "" : why.text(),
        new InstanceRecording(
            instance,
            samples,
            events.kills(),
            events.instanceEvents(),
            events.guardEvents(),
            List.of()),
        new CaseFacts(
            inputsOf(present), events.allocatedBytesAtKill(), CaseProcess.kindByPid(processes)),
        readPolicy(get("policy")),
        List.copyOf(present),
        ExpectationReader.read(get("expect"), positions));
  }

  private CaseNode get(String key) {
    return CaseNode.get(node, entries, key);
  }

  private static MemoryLimit readMemoryMax(CaseNode value) {
    return value.text().equals("max") ? MemoryLimit.UNLIMITED : MemoryLimit.ofBytes(value.bytes());
  }

  private static CgroupVersion readCgroup(@Nullable CaseNode value) {
    if (value == null) {
      return CgroupVersion.V2;
    }
    return switch (value.text()) {
      case "v1" -> CgroupVersion.V1;
      case "v2" -> CgroupVersion.V2;
      default -> throw value.error("v1 or v2 is needed, not '" + value.text() + "'");
    };
  }

  private Set<Integer> readMissing(@Nullable CaseNode value) {
    Set<Integer> indices = new HashSet<>();
    if (value != null) {
      for (CaseNode index : value.list()) {
        if (index.count() >= positions || !indices.add(index.count())) {
          throw index.error(
              "each missing sample is named once, from 0 to %s; not %s"
                  .formatted(positions - 1, index.count()));
        }
      }
    }
    return indices;
  }

  private Map<String, double[]> readFields(@Nullable CaseNode value) {
    Map<String, double[]> columns = new LinkedHashMap<>();
    if (value != null) {
      value.mapping().forEach((name, field) -> columns.put(name, readField(name, field)));
    }
    return columns;
  }

  private double[] readField(String name, CaseNode field) {
    if (!SampleInput.names().contains(name)) {
      throw field.error("no input of a formula is named '" + name + "'");
    }
    double[] column = new double[positions];
    if (field.isList()) {
      List<CaseNode> values = field.listOf(positions);
      for (int i = 0; i < positions; i++) {
        column[i] = values.get(i).isNull() ? Double.NaN : values.get(i).input();
      }
    } else {
      Arrays.fill(column, field.isNull() ? Double.NaN : field.input());
    }
    return column;
  }

  /** The stated inputs at the samples that exist. */
  private Map<String, double[]> inputsOf(List<Integer> present) {
    Map<String, double[]> inputs = new HashMap<>();
    fields.forEach((name, column) ->
        inputs.put(name, present.stream().mapToDouble(position -> column[position]).toArray()));
    return inputs;
  }

  private Sample sample(int position) {
    Facts.Builder facts = Facts.builder();
    fields.forEach((name, column) ->
        Fact.findByInputName(name)
            .filter(fact -> fact.unit() != Fact.Unit.MICROSECONDS)
            .filter(_ -> !Double.isNaN(column[position]))
            .ifPresent(fact -> facts.set(fact, (long) column[position])));
    if (watermark != null && !watermark.get(position).isNull()) {
      facts.set(Fact.GUARD_ALLOCATED_PEAK, watermark.get(position).bytes());
    }
    List<ProcessSample> rows = new ArrayList<>();
    for (CaseProcess process : processes) {
      process.findAt(position).ifPresent(rows::add);
    }
    return new Sample(
        instanceId, START.plusNanos(position * stepNs), memoryMaxAt(position), facts.build(), rows);
  }

  private @Nullable MemoryLimit memoryMaxAt(int position) {
    double[] stated = fields.get("memory_max");
    if (stated == null) {
      return memoryMax;
    }
    return Double.isNaN(stated[position]) ? null : MemoryLimit.ofBytes((long) stated[position]);
  }

  private ReplayPolicy readPolicy(CaseNode policy) {
    Map<String, CaseNode> parts = policy.mapping(POLICY_KEYS);
    CaseNode reference = parts.get("reference");
    CaseNode formula = parts.get("formula");
    if (reference != null) {
      if (parts.size() > 1) {
        throw policy.error("a reference policy has nothing beside its name");
      }
      return readReference(reference);
    }
    if (formula == null) {
      throw policy.error("the key 'formula' is needed");
    }
    String text = formula.text();
    try {
      return ReplayPolicy.candidate(
          new Policy(
              "case",
              text,
              trigger(parts.get("cadence")),
              isOnEvents(parts.get("cadence")) ? Duration.ZERO : duration(parts.get("cadence")),
              duration(parts.get("lag")),
              bytesOrAbsent(parts.get("minimum")),
              bytesOrAbsent(parts.get("maximum"))),
          FormulaRule.compiled(Formula.parse(text)));
    } catch (FormulaException e) {
      throw formula.error("the formula is wrong: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw policy.error(String.valueOf(e.getMessage()), e);
    }
  }

  /** {@code cadence: events} stands in for a time. */
  private static Policy.Trigger trigger(@Nullable CaseNode cadence) {
    return isOnEvents(cadence) ? Policy.Trigger.EVENTS : Policy.Trigger.CADENCE;
  }

  private static boolean isOnEvents(@Nullable CaseNode cadence) {
    return cadence != null && cadence.text().equals("events");
  }

  private static ReplayPolicy readReference(CaseNode reference) {
    return switch (reference.text()) {
      case "never" -> ReplayPolicy.never();
      case "current" -> ReplayPolicy.current();
      case "hindsight" -> ReplayPolicy.hindsight();
      default -> throw reference.error("never, current or hindsight is needed here");
    };
  }

  private static Duration duration(@Nullable CaseNode value) {
    return value == null ? Duration.ZERO : Duration.ofNanos(value.nanoseconds());
  }

  private static @Nullable Long bytesOrAbsent(@Nullable CaseNode value) {
    return value == null ? null : (Long) value.bytes();
  }

  static BackendKind kind(CaseNode value) {
    return BackendKind.find(value.text())
        .orElseThrow(() ->
            value.error(
                "'%s' is no kind of process; there are %s"
                    .formatted(
                        value.text(),
                        String.join(
                            ", ",
                            Arrays.stream(BackendKind.values())
                                .map(BackendKind::description)
                                .toList()))));
  }
}
