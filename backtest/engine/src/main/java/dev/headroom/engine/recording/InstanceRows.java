package dev.headroom.engine.recording;

import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Sample;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;

/**
 * The rows of one instance in canonical order: table after table, and in each by time, then by
 * canonical bytes. In whatever order rows were read, they leave here in the same one.
 */
final class InstanceRows {

  /** Takes the rows of one instance, one after the other. */
  interface Consumer {
    /**
     * Takes the next row.
     *
     * @param canonicalBytes its canonical form
     */
    <R> void accept(Table<R> table, R row, byte[] canonicalBytes);
  }

  private static final class Encoded<R> {
    private final R row;
    private final byte[] bytes;

    private Encoded(R row, byte[] bytes) {
      this.row = row;
      this.bytes = bytes;
    }
  }

  private final InstanceId id;
  private final Consumer consumer;
  private final CanonicalBytes bytes = new CanonicalBytes();

  private InstanceRows(InstanceId id, Consumer consumer) {
    this.id = id;
    this.consumer = consumer;
  }

  /**
   * Hands over every row.
   *
   * @throws IllegalArgumentException when a row belongs to another instance, or a time has a
   *     fraction below a microsecond
   */
  static void forEach(InstanceRecording recording, Consumer consumer) {
    InstanceId id = recording.instance().id();
    InstanceRows rows = new InstanceRows(id, consumer);
    rows.send(Tables.INSTANCE, List.of(recording.instance()));
    for (Sample sample : recording.samples()) {
      rows.send(Tables.MEMORY_SAMPLE, List.of(sample));
    }
    for (Sample sample : recording.samples()) {
      rows.send(
          Tables.PROCESS_SAMPLE,
          sample.processes().stream()
              .map(process -> new ProcessRow(id, sample.sampledAt(), process))
              .toList());
    }
    rows.sendEvents(recording);
  }

  /** Hands over the row of the instance alone, which comes first. */
  static void forInstance(Instance instance, Consumer consumer) {
    new InstanceRows(instance.id(), consumer).send(Tables.INSTANCE, List.of(instance));
  }

  /** Hands over what comes after the samples and their processes. */
  static void forEachEvent(InstanceRecording recording, Consumer consumer) {
    new InstanceRows(recording.instance().id(), consumer).sendEvents(recording);
  }

  private void sendEvents(InstanceRecording recording) {
    send(Tables.OOM_KILL, recording.kills());
    send(Tables.INSTANCE_EVENT, recording.instanceEvents());
    send(Tables.GUARD_EVENT, recording.guardEvents());
    send(Tables.DECISION, recording.decisions());
  }

  private <R> void send(Table<R> table, List<R> rows) {
    rows.stream()
        .map(row -> new Encoded<>(row, encode(table, row)))
        .sorted(
            Comparator.comparing((Encoded<R> encoded) -> table.time().apply(encoded.row))
                .thenComparing((Encoded<R> encoded) -> encoded.bytes, Arrays::compareUnsigned))
        .forEachOrdered(encoded -> consumer.accept(table, encoded.row, encoded.bytes));
  }

  private <R> byte[] encode(Table<R> table, R row) {
    if (!Objects.equals(table.instanceId().apply(row), id)) {
      throw new IllegalArgumentException(
          "a row of "
              + table.name()
              + " at "
              + table.time().apply(row)
              + " belongs to instance "
              + table.instanceId().apply(row)
              + ", not to "
              + id);
    }
    return table.canonicalBytes(row, bytes);
  }
}
