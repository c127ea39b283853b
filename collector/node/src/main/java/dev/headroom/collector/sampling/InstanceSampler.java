package dev.headroom.collector.sampling;

import dev.headroom.collector.cgroup.CgroupFacts;
import dev.headroom.collector.cgroup.CgroupMemory;
import dev.headroom.collector.cgroup.CgroupReader;
import dev.headroom.collector.cgroup.MemoryHierarchy;
import dev.headroom.collector.guard.GuardReading;
import dev.headroom.collector.kernel.EventClock;
import dev.headroom.collector.postgres.Postmaster;
import dev.headroom.collector.postgres.ServerGlobals;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.Fact;
import dev.headroom.model.Facts;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Samples one instance for as long as its postmaster lives. What cannot be read is absent in the
 * sample and told to the consumer of problems; a process that ends meanwhile is left out.
 */
public final class InstanceSampler {

  private static final String ROOT = "/";

  private final InstanceId instanceId;
  private final Postmaster postmaster;
  private final EventClock clock;
  private final Consumer<IOException> problems;
  private final CgroupReader cgroup;
  private final @Nullable Path pressureDirectory;
  private final @Nullable ServerGlobals globals;
  private final Supplier<GuardReading> guard;
  private final ProcessReader reader;
  private long vanished;

  /**
   * What one look at an instance gave.
   *
   * @param processes in the order of the sample's
   */
  public record Look(Sample sample, List<ObservedProcess> processes) {}

  /**
   * @param guard what the server's guard says; its watermarks start anew with each reading
   * @throws IOException when the instance's cgroup is not visible from here
   */
  public InstanceSampler(
      InstanceId instanceId,
      Postmaster postmaster,
      MemoryHierarchy hierarchy,
      ProcFs proc,
      EventClock clock,
      Supplier<GuardReading> guard,
      Consumer<IOException> problems)
      throws IOException {
    this.guard = guard;
    this.instanceId = instanceId;
    this.postmaster = postmaster;
    this.clock = clock;
    this.problems = problems;
    Path directory =
        hierarchy
            .findDirectory(postmaster.cgroupPath())
            .orElseThrow(() ->
                new IOException(
                    "cgroup %s of the Postgres in %s lies outside of %s; run the collector in the"
                            .formatted(
                                postmaster.cgroupPath(),
                                postmaster.dataDirectory(),
                                hierarchy.mountPoint())
                        + " node's own cgroup namespace"));
    this.cgroup = new CgroupReader(hierarchy, directory);
    this.pressureDirectory = pressureDirectory(hierarchy, directory, postmaster);
    this.globals = openGlobals(proc, postmaster, problems);
    this.reader =
        new ProcessReader(proc, instanceId, postmaster, globals, clusterName(globals, problems));
  }

  public InstanceId instanceId() {
    return instanceId;
  }

  public Postmaster postmaster() {
    return postmaster;
  }

  /**
   * When the server last read its configuration, microseconds since 2000-01-01 UTC; empty when that
   * cannot be read.
   */
  public OptionalLong findReloadTimeUs() throws IOException {
    return globals == null ? OptionalLong.empty() : globals.findReloadTimeUs();
  }

  /** Processes that ended while they were read, so far. */
  public long vanishedCount() {
    return vanished;
  }

  /**
   * Takes a sample now.
   *
   * @param before what was last seen of a pid; absent when nothing was
   */
  public Look sample(Map<Integer, ObservedProcess> before) {
    Facts.Builder facts = Facts.builder();
    CgroupMemory memory = cgroup.read(problems);
    CgroupFacts.add(facts, memory);
    if (pressureDirectory != null) {
      CgroupReader.findPressure(pressureDirectory, problems)
          .ifPresent(pressure -> CgroupFacts.add(facts, pressure));
    }
    GuardReading guarded = guard.get();
    facts.setAll(guarded.facts());
    if (!guarded.facts().has(Fact.SHARED_BUFFERS)) {
      addServerFacts(facts);
    }
    List<ObservedProcess> processes = readProcesses(before, guarded);
    // Stamped after reading: a victim that was already gone is not missing before its kill.
    Instant sampledAt = clock.now();
    if (memory instanceof CgroupMemory.V1) {
      addPageTables(facts, processes);
    }
    return new Look(
        new Sample(
            instanceId,
            sampledAt,
            cgroup.findEffectiveLimit(problems).orElse(null),
            facts.build(),
            processes.stream().map(ObservedProcess::sample).toList()),
        processes);
  }

  private List<ObservedProcess> readProcesses(
      Map<Integer, ObservedProcess> before, GuardReading guarded) {
    List<ObservedProcess> processes = new ArrayList<>();
    try {
      for (int pid : cgroup.listPids()) {
        try {
          Optional<ObservedProcess> process = reader.find(pid, before.get(pid), guarded);
          process.ifPresentOrElse(processes::add, () -> vanished++);
        } catch (IOException problem) {
          problems.accept(problem);
        }
      }
    } catch (IOException problem) {
      problems.accept(problem);
    }
    return withLeaders(processes);
  }

  /** A parallel worker works for its leader's user in its leader's database. */
  private static List<ObservedProcess> withLeaders(List<ObservedProcess> processes) {
    Map<Integer, ObservedProcess> byNamespacePid = new HashMap<>();
    for (ObservedProcess process : processes) {
      if (process.sample().kind() == BackendKind.CLIENT_BACKEND) {
        byNamespacePid.put(
            Objects.requireNonNullElse(process.sample().namespacePid(), process.sample().pid()),
            process);
      }
    }
    return processes.stream().map(process -> process.withLeader(byNamespacePid)).toList();
  }

  private void addServerFacts(Facts.Builder facts) {
    if (globals != null) {
      try {
        globals.addFacts(facts);
      } catch (IOException problem) {
        problems.accept(problem);
      }
    }
  }

  /** cgroup v1 does not count page tables by themselves; the processes do. */
  private static void addPageTables(Facts.Builder facts, List<ObservedProcess> processes) {
    if (!processes.isEmpty()) {
      facts.set(
          Fact.PAGE_TABLES,
          processes.stream()
              .map(process -> process.sample().pageTablesBytes())
              .filter(Objects::nonNull)
              .mapToLong(Long::longValue)
              .sum());
    }
  }

  /** A hybrid node's root of version 2 would give the whole machine's pressure. */
  private static @Nullable Path pressureDirectory(
      MemoryHierarchy hierarchy, Path directory, Postmaster postmaster) {
    if (hierarchy.version() == CgroupVersion.V2) {
      return directory;
    }
    @Nullable String path = postmaster.unifiedCgroupPath();
    @Nullable MemoryHierarchy unified = hierarchy.unified();
    return unified == null || path == null || path.equals(ROOT)
        ? null
        : unified.findDirectory(path).orElse(null);
  }

  private static @Nullable ServerGlobals openGlobals(
      ProcFs proc, Postmaster postmaster, Consumer<IOException> problems) {
    try {
      return ServerGlobals.open(proc, postmaster.pid());
    } catch (IOException problem) {
      problems.accept(problem);
      return null;
    }
  }

  private static @Nullable String clusterName(
      @Nullable ServerGlobals globals, Consumer<IOException> problems) {
    try {
      return globals == null ? null : globals.findClusterName().orElse(null);
    } catch (IOException problem) {
      problems.accept(problem);
      return null;
    }
  }
}
