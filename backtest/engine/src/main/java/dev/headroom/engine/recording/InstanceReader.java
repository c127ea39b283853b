package dev.headroom.engine.recording;

import dev.headroom.model.Decision;
import dev.headroom.model.GuardEvent;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Reads the instances of a recording one after the other; only one is in memory. Closes itself
 * after the last.
 *
 * <p>{@link #next} throws {@link RecordingException.Malformed} or {@link
 * RecordingException.Unsupported} when the rows do not fit together.
 */
public final class InstanceReader implements Iterator<InstanceRecording>, AutoCloseable {

  static final Comparator<ProcessSample> BY_PID =
      Comparator.comparingInt(ProcessSample::pid).thenComparingLong(ProcessSample::startTicks);

  private static final Comparator<OomKill> KILL_ORDER =
      Comparator.comparing(OomKill::killedAt)
          .thenComparing(OomKill::killId, InstanceReader::compareBytes);
  private static final Comparator<InstanceEvent> INSTANCE_EVENT_ORDER =
      Comparator.comparing(InstanceEvent::occurredAt).thenComparing(InstanceEvent::kind);
  private static final Comparator<GuardEvent> GUARD_EVENT_ORDER =
      Comparator.comparing(GuardEvent::occurredAt)
          .thenComparingInt(GuardEvent::pid)
          .thenComparing(GuardEvent::kind)
          .thenComparing(
              GuardEvent::policyId, Comparator.nullsLast(Comparator.<String>naturalOrder()));
  private static final Comparator<Decision> DECISION_ORDER =
      Comparator.comparing(Decision::decidedAt).thenComparing(Decision::policyId);

  private final Path directory;
  private final List<TableFile.Reader<?>> open = new ArrayList<>();
  private final TableFile.@Nullable Reader<Instance> instances;
  private final TableFile.@Nullable Reader<Sample> samples;
  private final TableFile.@Nullable Reader<ProcessRow> processes;
  private final TableFile.@Nullable Reader<OomKill> kills;
  private final TableFile.@Nullable Reader<InstanceEvent> instanceEvents;
  private final TableFile.@Nullable Reader<GuardEvent> guardEvents;
  private final TableFile.@Nullable Reader<Decision> decisions;
  private @Nullable InstanceId previous;

  /**
   * @param tableNames the tables that the recording has; the others count as empty
   */
  InstanceReader(Path directory, Set<String> tableNames) {
    this.directory = directory;
    try {
      instances = open(Tables.INSTANCE, tableNames);
      samples = open(Tables.MEMORY_SAMPLE, tableNames);
      processes = open(Tables.PROCESS_SAMPLE, tableNames);
      kills = open(Tables.OOM_KILL, tableNames);
      instanceEvents = open(Tables.INSTANCE_EVENT, tableNames);
      guardEvents = open(Tables.GUARD_EVENT, tableNames);
      decisions = open(Tables.DECISION, tableNames);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private <R> TableFile.@Nullable Reader<R> open(Table<R> table, Set<String> tableNames) {
    if (!tableNames.contains(table.name())) {
      return null;
    }
    TableFile.Reader<R> reader = new TableFile.Reader<>(directory, table);
    open.add(reader);
    return reader;
  }

  @Override
  public boolean hasNext() {
    return instances != null && instances.peek() != null;
  }

  @Override
  public InstanceRecording next() {
    Instance instance = instances == null ? null : instances.peek();
    if (instance == null) {
      throw new NoSuchElementException("the recording in " + directory + " has no more instances");
    }
    requireAscending(instance.id());
    InstanceRecording recording = read(instance);
    if (!hasNext()) {
      open.forEach(TableFile.Reader::requireEnd);
      close();
    }
    return recording;
  }

  @Override
  public void close() {
    open.forEach(TableFile.Reader::close);
  }

  private InstanceRecording read(Instance instance) {
    InstanceId id = instance.id();
    listOf(instances, id, Comparator.comparing(Instance::id));
    return new InstanceRecording(
        instance,
        samples(id),
        listOf(kills, id, KILL_ORDER),
        listOf(instanceEvents, id, INSTANCE_EVENT_ORDER),
        listOf(guardEvents, id, GUARD_EVENT_ORDER),
        listOf(decisions, id, DECISION_ORDER));
  }

  private void requireAscending(InstanceId id) {
    if (previous != null && previous.compareTo(id) >= 0) {
      throw malformed(
          Tables.INSTANCE, "instance " + id + " comes after " + previous + ", out of order");
    }
    previous = id;
  }

  /** The instance's rows in the order in which the database gives them: by time and key. */
  private static <R> List<R> listOf(
      TableFile.@Nullable Reader<R> reader, InstanceId id, Comparator<R> order) {
    if (reader == null) {
      return List.of();
    }
    List<R> rows = reader.listOf(id);
    rows.sort(order);
    return rows;
  }

  private List<Sample> samples(InstanceId id) {
    Map<Instant, List<ProcessSample>> processesByTime = new HashMap<>();
    for (ProcessRow row : listOf(processes, id, Comparator.comparing(ProcessRow::sampledAt))) {
      processesByTime
          .computeIfAbsent(row.sampledAt(), time -> new ArrayList<>())
          .add(row.process());
    }
    List<Sample> complete = new ArrayList<>();
    for (Sample sample : listOf(samples, id, Comparator.comparing(Sample::sampledAt))) {
      List<ProcessSample> atTime = processesByTime.remove(sample.sampledAt());
      if (!complete.isEmpty() && complete.getLast().sampledAt().equals(sample.sampledAt())) {
        throw malformed(
            Tables.MEMORY_SAMPLE, "instance " + id + " has two samples at " + sample.sampledAt());
      }
      complete.add(atTime == null ? sample : withProcesses(sample, atTime));
    }
    for (Instant orphaned : processesByTime.keySet()) {
      throw malformed(
          Tables.PROCESS_SAMPLE, "instance " + id + " has processes but no sample at " + orphaned);
    }
    return complete;
  }

  private static int compareBytes(UUID left, UUID right) {
    int high = Long.compareUnsigned(left.getMostSignificantBits(), right.getMostSignificantBits());
    return high != 0
        ? high
        : Long.compareUnsigned(left.getLeastSignificantBits(), right.getLeastSignificantBits());
  }

  private static Sample withProcesses(Sample sample, List<ProcessSample> processes) {
    processes.sort(BY_PID);
    return new Sample(
        sample.instanceId(), sample.sampledAt(), sample.memoryMax(), sample.facts(), processes);
  }

  private RecordingException.Malformed malformed(Table<?> table, String problem) {
    return new RecordingException.Malformed(
        directory.resolve(table.fileName()) + ": " + problem + ". Export the recording again");
  }
}
