package dev.headroom.engine.recording;

import static dev.headroom.engine.recording.SampleRows.COUNTS;
import static dev.headroom.engine.recording.SampleRows.PROCESSES;
import static dev.headroom.engine.recording.SampleRows.SAMPLES;

import dev.headroom.engine.columnar.BlockFile;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.SampledStatement;
import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.InstanceId;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hands out samples from column blocks. A chunk never spans two blocks of samples; only columns
 * that somebody asks for are unpacked.
 */
final class BlockFeed implements SampleFeed {

  private static final long NS_PER_MICROSECOND = 1_000;
  private static final int PROCESS_COLUMNS = 8;
  private static final int MEMORY_MAX = SampleTable.MEMORY.position("memory_max_bytes");
  private static final int UNLIMITED = SampleTable.MEMORY.position("memory_max_unlimited");
  private static final Map<Fact, Integer> FACTS = factPositions();
  private static final int DATABASE = processPosition("database_name");
  private static final int USER = processPosition("user_name");
  private static final int QUERY_ID = processPosition("query_id");
  private static final int FINGERPRINT = processPosition("query_fingerprint");

  private final BlockFile file;
  private final List<String> texts;
  private final List<BackendKind> kinds = new ArrayList<>();
  private final InstanceId instance;
  private final long[] scratch;
  private final ProcessBlocks processes;

  /** The sample behind the last that is handed out. */
  private final long end;

  private int block;
  private int blockRows;
  private int from;
  private int to;
  private long firstSampleOfBlock;
  private long firstProcess;

  /** Of the chunk at hand. */
  private int[] firstRow = {0};

  /** Room to unpack into, for one feed after the other. */
  static final class Buffers {
    private final long[] scratch = new long[SampleRows.BLOCK_ROWS];
    private final long[][] processColumns = new long[PROCESS_COLUMNS][SampleRows.BLOCK_ROWS];
  }

  /** Hands out all samples of a file. */
  BlockFeed(BlockFile file, List<String> texts, InstanceId instance) {
    this(file, texts, instance, new Buffers(), 0, file.rows(SAMPLES));
  }

  /**
   * Hands out the samples from one to before another.
   *
   * @param buffers of no other feed that is still asked for chunks
   */
  BlockFeed(
      BlockFile file,
      List<String> texts,
      InstanceId instance,
      Buffers buffers,
      long first,
      long end) {
    this.file = file;
    this.texts = texts;
    this.instance = instance;
    this.end = end;
    scratch = buffers.scratch;
    block = (int) (first / SampleRows.BLOCK_ROWS);
    blockRows = file.blockRows(SAMPLES, block);
    firstSampleOfBlock = (long) block * SampleRows.BLOCK_ROWS;
    from = (int) (first - firstSampleOfBlock);
    to = from;
    processes = new ProcessBlocks(buffers.processColumns, processesBefore(first));
    for (String text : texts) {
      kinds.add(BackendKind.find(text).orElse(BackendKind.UNKNOWN));
    }
  }

  private long processesBefore(long sample) {
    long sum = 0;
    for (int earlier = 0; (long) earlier * SampleRows.BLOCK_ROWS < sample; earlier++) {
      long start = (long) earlier * SampleRows.BLOCK_ROWS;
      int rows = (int) Math.min(sample - start, SampleRows.BLOCK_ROWS);
      file.read(COUNTS, earlier, 0, 0, rows, scratch, 0);
      for (int row = 0; row < rows; row++) {
        sum += scratch[row];
      }
    }
    return sum;
  }

  private static Map<Fact, Integer> factPositions() {
    Map<Fact, Integer> positions = new EnumMap<>(Fact.class);
    for (Fact fact : Fact.values()) {
      positions.put(fact, SampleTable.MEMORY.position(fact.columnName()));
    }
    return positions;
  }

  /** In the file, which leaves out a process's time: its sample has it. */
  private static int processPosition(String column) {
    return SampleTable.PROCESS.position(column) - 1;
  }

  @Override
  public boolean next(SampleChunk chunk) {
    chunk.refill(this);
    firstProcess = processes.next;
    from = to;
    if (from == blockRows) {
      firstSampleOfBlock += blockRows;
      blockRows = blockRows == 0 ? 0 : file.blockRows(SAMPLES, ++block);
      from = 0;
    }
    to = (int) Math.min(Math.min(from + chunk.capacity(), blockRows), end - firstSampleOfBlock);
    chunk.size = to - from;
    if (chunk.size == 0) {
      chunk.firstRow[0] = 0;
      return false;
    }
    readTimes(chunk);
    readMemoryMax(chunk);
    readProcesses(chunk);
    return true;
  }

  private void readTimes(SampleChunk chunk) {
    file.read(SAMPLES, block, 0, from, to, scratch, 0);
    for (int i = 0; i < chunk.size; i++) {
      chunk.timeNs[i] = scratch[i] * NS_PER_MICROSECOND;
    }
  }

  private void readMemoryMax(SampleChunk chunk) {
    readDoubles(MEMORY_MAX, chunk.memoryMax);
    file.read(SAMPLES, block, UNLIMITED, from, to, scratch, 0);
    for (int i = 0; i < chunk.size; i++) {
      if (scratch[i] == 1) {
        chunk.memoryMax[i] = Double.POSITIVE_INFINITY;
      }
    }
  }

  private void readProcesses(SampleChunk chunk) {
    file.read(COUNTS, block, 0, from, to, scratch, 0);
    int rows = 0;
    for (int i = 0; i < chunk.size; i++) {
      chunk.firstRow[i] = rows;
      rows += (int) scratch[i];
    }
    chunk.firstRow[chunk.size] = rows;
    firstRow = chunk.firstRow;
    chunk.reserveRows(rows);
    processes.read(chunk, rows);
  }

  @Override
  public void readFact(Fact fact, double[] values) {
    Integer position = FACTS.get(fact);
    if (position == null) {
      throw new IllegalStateException(fact + " is no column of a sample");
    }
    readDoubles(position, values);
  }

  private void readDoubles(int column, double[] values) {
    if (from == to) {
      return; // behind the last sample
    }
    file.read(SAMPLES, block, column, from, to, scratch, SampleChunk.ABSENT);
    for (int i = 0; i < to - from; i++) {
      values[i] = scratch[i] == SampleChunk.ABSENT ? Double.NaN : scratch[i];
    }
  }

  @Override
  public Sample sample(int index) {
    long row = firstSampleOfBlock + from + index;
    Sample sample =
        Tables.MEMORY_SAMPLE.reader().apply(row(values(SampleTable.MEMORY, SAMPLES, row, 0)));
    List<ProcessSample> rows = new ArrayList<>();
    for (int number = 0; number < firstRow[index + 1] - firstRow[index]; number++) {
      rows.add(process(index, number));
    }
    return new Sample(instance, sample.sampledAt(), sample.memoryMax(), sample.facts(), rows);
  }

  @Override
  public SampledStatement statement(int index, int number) {
    long row = firstProcess + firstRow[index] + number;
    return new SampledStatement(
        findText(row, DATABASE),
        findText(row, USER),
        findLong(row, QUERY_ID),
        findLong(row, FINGERPRINT));
  }

  private @Nullable Long findLong(long process, int position) {
    return file.isAbsent(PROCESSES, process, position)
        ? null
        : (Long) file.get(PROCESSES, process, position);
  }

  private @Nullable String findText(long process, int position) {
    Long number = findLong(process, position);
    return number == null ? null : texts.get(number.intValue());
  }

  private ProcessSample process(int index, int number) {
    long micros = file.get(SAMPLES, firstSampleOfBlock + from + index, 0);
    Map<String, Object> values =
        values(SampleTable.PROCESS, PROCESSES, firstProcess + firstRow[index] + number, 1);
    values.put("sampled_at", Instant.EPOCH.plus(micros, ChronoUnit.MICROS));
    return Tables.PROCESS_SAMPLE.reader().apply(row(values)).process();
  }

  /** A row as its table's reader takes it; the file leaves out so many of its first columns. */
  private Map<String, Object> values(SampleTable table, int number, long row, int leftOut) {
    Map<String, Object> values = new HashMap<>();
    values.put("instance_id", instance.value());
    for (int position = leftOut; position < table.size(); position++) {
      if (!file.isAbsent(number, row, position - leftOut)) {
        long value = file.get(number, row, position - leftOut);
        Column<?> column = table.column(position);
        values.put(
            column.name(),
            switch (column.type()) {
              case BOOLEAN -> value == 1;
              case INSTANT -> Instant.EPOCH.plus(value, ChronoUnit.MICROS);
              case TEXT -> texts.get((int) value);
              default -> value;
            });
      }
    }
    return values;
  }

  private static Row row(Map<String, Object> values) {
    return new Row("the cache", values);
  }

  /** Unpacks the columns of processes that a replay looks at, block by block. */
  private final class ProcessBlocks {
    private final int pid = processPosition("pid");
    private final int start = processPosition("start_ticks");
    private final int kind = processPosition("backend_kind");
    private final int blockable = processPosition("blockable");
    private final int statement = processPosition("statement_number");
    private final int resident = processPosition("resident_anon_bytes");
    private final int guarded = processPosition("guard_allocated_bytes");
    private final int peak = processPosition("guard_allocated_peak_bytes");

    private final int[] read = {pid, start, kind, blockable, statement, resident, guarded, peak};
    private final long[][] columns;
    private int loaded = -1;

    /** The number of the next process in the file. */
    private long next;

    ProcessBlocks(long[][] columns, long first) {
      this.columns = columns;
      next = first;
    }

    void read(SampleChunk chunk, int rows) {
      int done = 0;
      while (done < rows) {
        int number = (int) (next / SampleRows.BLOCK_ROWS);
        int inBlock = (int) (next % SampleRows.BLOCK_ROWS);
        load(number);
        int count = Math.min(rows - done, file.blockRows(PROCESSES, number) - inBlock);
        copy(chunk, inBlock, done, count);
        done += count;
        next += count;
      }
    }

    private void load(int number) {
      if (loaded != number) {
        for (int i = 0; i < read.length; i++) {
          file.read(
              PROCESSES,
              number,
              read[i],
              0,
              file.blockRows(PROCESSES, number),
              columns[i],
              SampleChunk.ABSENT);
        }
        loaded = number;
      }
    }

    private void copy(SampleChunk chunk, int source, int target, int count) {
      System.arraycopy(columns[1], source, chunk.startTicks, target, count);
      System.arraycopy(columns[4], source, chunk.statement, target, count);
      System.arraycopy(columns[5], source, chunk.residentAnon, target, count);
      System.arraycopy(columns[6], source, chunk.guardAllocated, target, count);
      System.arraycopy(columns[7], source, chunk.guardPeak, target, count);
      for (int i = 0; i < count; i++) {
        chunk.pid[target + i] = (int) columns[0][source + i];
        chunk.kind[target + i] = kinds.get((int) columns[2][source + i]);
        chunk.blockable[target + i] = columns[3][source + i] == 1;
      }
    }
  }
}
