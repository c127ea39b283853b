package dev.headroom.engine.kernel;

import dev.headroom.model.BackendKind;
import dev.headroom.model.Fact;
import dev.headroom.model.ProcessSample;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive samples of one instance as they were recorded, in columns: a buffer that a {@link
 * SampleFeed} fills again and again, so that a replay's memory does not grow with its recording.
 *
 * <p>Sample {@code i} owns the rows {@code firstRow[i]} to {@code firstRow[i + 1]}, one for each of
 * its processes in ascending order of pid and start time. Times are nanoseconds since the epoch,
 * sizes bytes; {@link #ABSENT} and NaN say that a value was not there.
 */
public final class SampleChunk {

  /** In a column of whole numbers: there is no value. */
  public static final long ABSENT = Long.MIN_VALUE;

  private static final int INITIAL_ROWS = 1024;

  /** How many samples there are. */
  public int size;

  public final long[] timeNs;

  /** NaN when it could not be read, infinite when unlimited. */
  public final double[] memoryMax;

  public final int[] firstRow;

  public int[] pid = new int[INITIAL_ROWS];
  public long[] startTicks = new long[INITIAL_ROWS];
  public BackendKind[] kind = new BackendKind[INITIAL_ROWS];
  public boolean[] blockable = new boolean[INITIAL_ROWS];
  public long[] statement = new long[INITIAL_ROWS];
  public long[] residentAnon = new long[INITIAL_ROWS];
  public long[] guardAllocated = new long[INITIAL_ROWS];
  public long[] guardPeak = new long[INITIAL_ROWS];

  private final Map<Fact, double[]> facts = new EnumMap<>(Fact.class);
  private final Set<Fact> loaded = EnumSet.noneOf(Fact.class);
  private @Nullable SampleFeed feed;

  /** A buffer for so many samples, and any number of processes. */
  public SampleChunk(int capacity) {
    timeNs = new long[capacity];
    memoryMax = new double[capacity];
    firstRow = new int[capacity + 1];
  }

  public int capacity() {
    return timeNs.length;
  }

  /**
   * A fact at every sample, in its unit; NaN where it is absent. Read from the feed when first
   * asked for.
   */
  public double[] fact(Fact fact) {
    double[] values = facts.computeIfAbsent(fact, _ -> new double[capacity()]);
    if (feed != null && loaded.add(fact)) {
      feed.readFact(fact, values);
    }
    return values;
  }

  /** Starts over, empty: what follows comes from this feed. */
  public void refill(SampleFeed from) {
    size = 0;
    feed = from;
    loaded.clear();
  }

  /** Makes room for so many rows. */
  public void reserveRows(int rows) {
    if (rows > pid.length) {
      int capacity = Math.max(rows, 2 * pid.length);
      pid = Arrays.copyOf(pid, capacity);
      startTicks = Arrays.copyOf(startTicks, capacity);
      kind = Arrays.copyOf(kind, capacity);
      blockable = Arrays.copyOf(blockable, capacity);
      statement = Arrays.copyOf(statement, capacity);
      residentAnon = Arrays.copyOf(residentAnon, capacity);
      guardAllocated = Arrays.copyOf(guardAllocated, capacity);
      guardPeak = Arrays.copyOf(guardPeak, capacity);
    }
  }

  /** Writes one process into a row that was reserved. */
  void setRow(int row, ProcessSample process) {
    pid[row] = process.pid();
    startTicks[row] = process.startTicks();
    kind[row] = process.kind();
    blockable[row] = process.blockable();
    statement[row] = orAbsent(process.statementNumber());
    residentAnon[row] = orAbsent(process.residentAnonBytes());
    guardAllocated[row] = orAbsent(process.guardAllocatedBytes());
    guardPeak[row] = orAbsent(process.guardAllocatedPeakBytes());
  }

  private static long orAbsent(@Nullable Long value) {
    return value == null ? ABSENT : value;
  }
}
