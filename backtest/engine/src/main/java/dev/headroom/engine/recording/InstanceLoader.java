package dev.headroom.engine.recording;

import dev.headroom.engine.columnar.BlockFileWriter;
import dev.headroom.engine.columnar.BlockTable;
import dev.headroom.engine.kernel.MedianStep;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.model.Fidelity;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Loads one instance's samples into a file of column blocks, row by row, and hashes them on the
 * way: a recording is read once, whatever is to be known of it.
 *
 * <p>Rows come table by table: all samples in the order of time, then all processes in the order of
 * time, pid and start time, then everything else with {@link #finish}. A row is whole numbers in
 * the order of the hashed columns of its table, see {@link SampleTable}; {@link #text} numbers
 * texts. Memory is eight bytes for each sample.
 */
public final class InstanceLoader implements AutoCloseable {

  /** Rows are not in the order that the loader needs; the caller must sort them first. */
  public static final class OutOfOrderException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    OutOfOrderException(String rows, long micros) {
      super(rows + " at " + micros + " us since the epoch are out of order");
    }
  }

  /** In the file: samples, processes, and how many processes each sample has. */
  static final int SAMPLES = 0;

  static final int PROCESSES = 1;
  static final int COUNTS = 2;

  /** As many samples as a replay looks at together. */
  static final int BLOCK_ROWS = 2048;

  static final List<BlockTable> TABLES =
      List.of(
          new BlockTable(SampleTable.MEMORY.size(), BLOCK_ROWS),
          new BlockTable(SampleTable.PROCESS.size() - 1, BLOCK_ROWS),
          new BlockTable(1, BLOCK_ROWS));

  private static final long NS_PER_MICROSECOND = 1_000;
  private static final long ONE_PRESENT = 1;
  private static final int TIME = 0;
  private static final int PID = SampleTable.PROCESS.position("pid");
  private static final int START = SampleTable.PROCESS.position("start_ticks");
  private static final long RESIDENT = 1L << SampleTable.PROCESS.position("resident_anon_bytes");
  private static final long GUARDED = 1L << SampleTable.PROCESS.position("guard_allocated_bytes");
  private static final long GUARD_LIMIT = 1L << SampleTable.MEMORY.position("guard_limit_bytes");

  private final BlockFileWriter writer;
  private final TextNumbers texts = new TextNumbers();
  private final MessageDigest digest = ContentHash.sha256();
  private final SampleTable.Hasher hasher = new SampleTable.Hasher(digest);
  private final Map<Fidelity, Integer> fidelities = new EnumMap<>(Fidelity.class);
  private final long[] processValues = new long[SampleTable.PROCESS.size() - 1];
  private final long[] count = new long[1];
  private long[] micros = new long[1024];
  private int samples;
  private boolean hasGuardLimit;

  /** The sample whose processes come, how many there were, and the best that is known of one. */
  private int current;

  private int processes;
  private Fidelity best = Fidelity.CGROUP;
  private long lastPid;
  private long lastStart;

  InstanceLoader(Instance instance, Path folder) throws IOException {
    writer = new BlockFileWriter(folder, TABLES);
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

  /** The number that stands for a text in rows. */
  public int text(String text) {
    return texts.of(text);
  }

  /**
   * Takes the next sample.
   *
   * @param present one bit for each value, set where there is one
   * @throws OutOfOrderException when it is not later than the one before
   */
  public void sample(long[] values, long present) {
    if (samples > 0 && micros[samples - 1] >= values[TIME]) {
      throw new OutOfOrderException("samples", values[TIME]);
    }
    if (samples == micros.length) {
      micros = Arrays.copyOf(micros, 2 * samples);
    }
    micros[samples++] = values[TIME];
    hasGuardLimit |= (present & GUARD_LIMIT) != 0;
    SampleTable.MEMORY.hash(values, present, texts, hasher);
    writer.append(SAMPLES, values, present);
  }

  /**
   * Takes the next process, after every sample was taken.
   *
   * @param present one bit for each value, set where there is one
   * @return false when there is no sample at its time; it is left out
   * @throws OutOfOrderException when it does not come after the one before
   */
  public boolean process(long[] values, long present) {
    while (current < samples && micros[current] < values[TIME]) {
      finishSample();
    }
    if (current == samples || micros[current] != values[TIME]) {
      if (current > 0 && micros[current - 1] >= values[TIME]) {
        throw new OutOfOrderException("processes", values[TIME]);
      }
      return false;
    }
    long pid = values[PID];
    long start = values[START];
    if (processes > 0 && (pid < lastPid || (pid == lastPid && start <= lastStart))) {
      throw new OutOfOrderException("processes", values[TIME]);
    }
    lastPid = pid;
    lastStart = start;
    processes++;
    if ((present & GUARDED) != 0) {
      best = Fidelity.GUARD;
    } else if (best == Fidelity.CGROUP && (present & RESIDENT) != 0) {
      best = Fidelity.RESIDENT;
    }
    SampleTable.PROCESS.hash(values, present, texts, hasher);
    System.arraycopy(values, 1, processValues, 0, processValues.length);
    writer.append(PROCESSES, processValues, present >>> 1);
    return true;
  }

  private void finishSample() {
    count[0] = processes;
    writer.append(COUNTS, count, ONE_PRESENT);
    if (processes > 0) {
      fidelities.merge(best, 1, Integer::sum);
    }
    current++;
    processes = 0;
    best = Fidelity.CGROUP;
  }

  /** Takes samples that are in memory, in whatever order their processes are. */
  void load(List<Sample> all) {
    RowNumbers<Sample> sampleRow = new RowNumbers<>(Tables.MEMORY_SAMPLE, texts);
    RowNumbers<ProcessRow> processRow = new RowNumbers<>(Tables.PROCESS_SAMPLE, texts);
    for (Sample sample : all) {
      sample(sampleRow.of(sample), sampleRow.present());
    }
    for (Sample sample : all) {
      List<ProcessSample> sorted =
          sample.processes().stream().sorted(InstanceReader.BY_PID).toList();
      for (ProcessSample process : sorted) {
        ProcessRow row = new ProcessRow(sample.instanceId(), sample.sampledAt(), process);
        process(processRow.of(row), processRow.present());
      }
    }
  }

  /** Rows of a table of objects as whole numbers; one array is used for all of them. */
  <R> RowNumbers<R> rowsOf(Table<R> table) {
    return new RowNumbers<>(table, texts);
  }

  /** Turns rows into whole numbers; one array is used for all of them. */
  static final class RowNumbers<R> {
    private final List<Column<R>> columns;
    private final TextNumbers texts;
    private final long[] values;
    private long present;

    private RowNumbers(Table<R> table, TextNumbers texts) {
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
        case String text -> texts.of(text);
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
    while (current < samples) {
      finishSample();
    }
    hasher.flush();
    InstanceRows.forEachEvent(events, hashing());
    String contentHash = HexFormat.of().formatHex(digest.digest());
    long[] timeNs = new long[samples];
    for (int i = 0; i < samples; i++) {
      timeNs[i] = Math.multiplyExact(micros[i], NS_PER_MICROSECOND);
    }
    Long lastNs = samples == 0 ? null : (Long) timeNs[samples - 1];
    BlockNotes notes =
        new BlockNotes(
            contentHash,
            samples,
            MedianStep.doubledNs(timeNs),
            fidelities,
            hasGuardLimit,
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
