package dev.headroom.engine.recording;

import dev.headroom.engine.columnar.BlockFileWriter;
import dev.headroom.engine.kernel.MedianStep;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Function;

/**
 * Loads one instance's samples into a file of column blocks, row by row, and hashes them on the
 * way: a recording is read once, whatever is to be known of it.
 *
 * <p>Rows come table by table: all samples in the order of time, then all processes in the order of
 * time, pid and start time, then everything else with {@link #finish}. A row is whole numbers in
 * the order of the hashed columns of its table, see {@link SampleTable}; {@link #text} numbers
 * texts. Memory is nine bytes for each sample.
 */
public final class InstanceLoader implements RowLoader, AutoCloseable {

  /** Rows are not in the order that the loader needs; the caller must sort them first. */
  public static final class OutOfOrderException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfOrderException(String rows, long micros) {
      super(rows + " at " + micros + " us since the epoch are out of order");
    }
  }

  private final BlockFileWriter writer;
  private final TextNumbers texts = new TextNumbers();
  private final MessageDigest digest = ContentHash.sha256();
  private final SampleTable.Hasher hasher = new SampleTable.Hasher(digest);
  private final SampleRows rows;

  InstanceLoader(Instance instance, Path folder) throws IOException {
    writer = new BlockFileWriter(folder, SampleRows.TABLES);
    rows = new SampleRows(writer);
    digest.update(ContentHash.INSTANCE_PREFIX);
    InstanceRows.forInstance(instance, hashing());
  }

  private InstanceRows.Consumer hashing() {
    return new InstanceRows.Consumer() {
      @Override
      public <R> void accept(Table<R> table, R row, byte[] canonicalBytes) {
        digest.update(canonicalBytes);
      }
    };
  }

  /** How many values a row of a sample has. */
  public static int sampleFields() {
    return SampleTable.MEMORY.size();
  }

  /** How many values a row of a process has. */
  public static int processFields() {
    return SampleTable.PROCESS.size();
  }

  /** Where a column of {@code memory_sample} stands in a row. */
  public static int samplePosition(String column) {
    return SampleTable.MEMORY.position(column);
  }

  /** Where a column of {@code process_sample} stands in a row. */
  public static int processPosition(String column) {
    return SampleTable.PROCESS.position(column);
  }

  /** Whether this value of a process is the number of a text. */
  public static boolean isTextOfProcess(int position) {
    return SampleTable.PROCESS.column(position).type() == ColumnType.TEXT;
  }

  @Override
  public int text(String text) {
    return texts.of(text);
  }

  @Override
  public void sample(long[] values, long present) {
    rows.sample(values, present);
    SampleTable.MEMORY.hash(values, present, texts, hasher);
  }

  @Override
  public boolean process(long[] values, long present) {
    boolean taken = rows.process(values, present);
    if (taken) {
      SampleTable.PROCESS.hash(values, present, texts, hasher);
    }
    return taken;
  }

  /** Takes samples that are in memory, in whatever order their processes are. */
  void load(List<Sample> all) {
    load(all, this);
  }

  /** Gives samples that are in memory to a loader. */
  static void load(List<Sample> all, RowLoader to) {
    RowNumbers<Sample> sampleRow = new RowNumbers<>(Tables.MEMORY_SAMPLE, to);
    RowNumbers<ProcessRow> processRow = new RowNumbers<>(Tables.PROCESS_SAMPLE, to);
    for (Sample sample : all) {
      to.sample(sampleRow.of(sample), sampleRow.present());
    }
    for (Sample sample : all) {
      List<ProcessSample> sorted =
          sample.processes().stream().sorted(InstanceReader.BY_PID).toList();
      for (ProcessSample process : sorted) {
        ProcessRow row = new ProcessRow(sample.instanceId(), sample.sampledAt(), process);
        to.process(processRow.of(row), processRow.present());
      }
    }
  }

  /** Rows of a table of objects as whole numbers; one array is used for all of them. */
  <R> RowNumbers<R> rowsOf(Table<R> table) {
    return new RowNumbers<>(table, this);
  }

  /** Turns rows into whole numbers; one array is used for all of them. */
  static final class RowNumbers<R> {
    private final List<Column<R>> columns;
    private final RowLoader texts;
    private final long[] values;
    private long present;

    private RowNumbers(Table<R> table, RowLoader texts) {
      this.columns = table.columns().stream().filter(Column::hashed).toList();
      this.texts = texts;
      values = new long[columns.size()];
    }

    long[] of(R row) {
      present = 0;
      for (int position = 0; position < values.length; position++) {
        Object value = columns.get(position).value().apply(row);
        if (value != null) {
          present |= 1L << position;
          values[position] = number(value);
        }
      }
      return values;
    }

    long present() {
      return present;
    }

    private long number(Object value) {
      return switch (value) {
        case Number whole -> whole.longValue();
        case Boolean bool -> bool ? 1 : 0;
        case Instant instant -> ChronoUnit.MICROS.between(Instant.EPOCH, instant);
        case String text -> texts.text(text);
        default -> throw new IllegalStateException("no sample has a " + value.getClass());
      };
    }
  }

  /**
   * Takes everything but the samples, and completes the file.
   *
   * @param events the recording without its samples
   * @param targetOf the file's place, from the instance's content hash
   * @return the content hash of the instance
   */
  String finish(InstanceRecording events, Function<String, Path> targetOf) throws IOException {
    SampleTraits traits = rows.end();
    hasher.flush();
    InstanceRows.forEachEvent(events, hashing());
    String contentHash = HexFormat.of().formatHex(digest.digest());
    int samples = traits.micros().length;
    long[] timeNs = new long[samples];
    traits.writeTimes(0, samples, timeNs, 0);
    Long lastNs = samples == 0 ? null : (Long) timeNs[samples - 1];
    BlockNotes notes =
        new BlockNotes(
            contentHash,
            samples,
            MedianStep.doubledNs(timeNs),
            traits.fidelities(0, samples),
            traits.hasGuardLimit(0, samples),
            lastNs,
            RecordingHeader.appliedLimits(events.decisions()),
            texts.all());
    writer.finish(targetOf.apply(contentHash), notes.toBytes());
    return contentHash;
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
