package dev.headroom.engine.kernel;

import dev.headroom.model.Sample;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Consecutive samples of one instance with everything about them that no policy changes: what all
 * policies of a replay look at, read and computed once.
 *
 * <p>The story: a sweep asks a thousand policies about the same samples, so whatever can be known
 * before a limit is (lives, gaps, peaks, bases, headroom) is a column here, and what is left for a
 * policy to do is one comparison of two columns. Only where the peak is above a limit, or where
 * somebody is refused already, does a policy look at processes. Columns are primitive arrays of a
 * few thousand entries, which stay in the processor's cache while policy after policy reads them.
 * {@code docs/replay.md} has the figures.
 */
public final class ReplayChunk {

  /** How a sample follows the one before it. */
  static final byte FIRST = 0;

  static final byte INTERVAL = 1;
  static final byte GAP = 2;
  static final byte DOWN = 3;

  /** In {@link #watchedPeak}: at this sample no interval ends that is evaluated. */
  static final long NOT_WATCHED = Long.MIN_VALUE;

  /** Something that happened between samples. */
  sealed interface Happening {
    /** In this chunk: how many samples came before it. */
    int position();
  }

  /** The live guard denied an allocation while the instance was up. */
  record Denied(int position, ReplayEvent.Denial denial) implements Happening {}

  /** The kernel killed a process of the instance. */
  record Killed(int position, KillFacts facts) implements Happening {}

  final SampleChunk samples;
  final ProcessRows rows = new ProcessRows(1024);
  final int[] firstRow;
  final byte[] step;

  /** The instance's watermark, or the sum of its processes' peaks. */
  final long[] peak;

  /** Whether {@link #peak} is a watermark, which also saw processes that are gone by now. */
  final boolean[] hasWatermark;

  /** The peak where an interval that is evaluated ends here, else {@link #NOT_WATCHED}. */
  final long[] watchedPeak;

  /** The largest {@link #watchedPeak}. */
  long largestWatchedPeak;

  /** Headroom at the start of the interval that ends here, 0 where it is not compared. */
  final double[] startHeadroom;

  /** Length of the interval that ends here, 0 where its limit cannot be compared. */
  final double[] comparedNs;

  /** The same two by the sample at which the interval starts; nothing of the last sample. */
  final double[] followedHeadroom;

  final double[] followedNs;

  /** The smallest and the largest {@link #startHeadroom} that is compared. */
  double smallestHeadroom;

  double largestHeadroom;

  /** By sample: the sum of {@link #comparedNs} up to and without it, as a whole number. */
  final long[] comparedNsBefore;

  /** NaN where a part of the floor is absent. */
  final double[] headroom;

  /** The limit the live guard had, NaN where nobody wrote it down. */
  final double[] liveLimit;

  final List<Happening> happenings = new ArrayList<>();
  boolean hasDown;

  private final InputColumns inputs;
  private final @Nullable Sample[] whole;
  private final Map<Integer, SampledStatement> statements = new HashMap<>();
  private final SampleFeed feed;
  private int first;

  ReplayChunk(int capacity, Map<String, double[]> stated, SampleFeed feed) {
    this.feed = feed;
    samples = new SampleChunk(capacity);
    inputs = new InputColumns(samples, stated);
    whole = new Sample[capacity];
    firstRow = new int[capacity + 1];
    step = new byte[capacity];
    peak = new long[capacity];
    hasWatermark = new boolean[capacity];
    watchedPeak = new long[capacity];
    startHeadroom = new double[capacity];
    comparedNs = new double[capacity];
    followedHeadroom = new double[capacity];
    followedNs = new double[capacity];
    comparedNsBefore = new long[capacity + 1];
    headroom = new double[capacity];
    liveLimit = new double[capacity];
  }

  /** Empties it and reads the next samples; false when there are none left. */
  boolean refill() {
    first += samples.size;
    boolean any = feed.next(samples);
    inputs.refill(first);
    Arrays.fill(whole, null);
    statements.clear();
    rows.size = 0;
    happenings.clear();
    hasDown = false;
    largestWatchedPeak = NOT_WATCHED;
    smallestHeadroom = Double.POSITIVE_INFINITY;
    largestHeadroom = Double.NEGATIVE_INFINITY;
    return any;
  }

  /** How many samples there are. */
  public int size() {
    return samples.size;
  }

  /** The number of the first sample in its recording. */
  public int first() {
    return first;
  }

  /** When each sample was made, in nanoseconds since the epoch; not to be written to. */
  public long[] timeNs() {
    return samples.timeNs;
  }

  /**
   * An input of a formula at each sample, in its unit, NaN where it is absent; not to be written
   * to.
   *
   * @throws IllegalArgumentException when no input has this name
   */
  public double[] input(String inputName) {
    return inputs.get(inputName);
  }

  /** One of the samples as it was recorded. */
  Sample sample(int index) {
    Sample sample = whole[index];
    if (sample == null) {
      sample = feed.sample(index);
      whole[index] = sample;
    }
    return sample;
  }

  /** What one of the samples says of a process's statement. */
  SampledStatement findStatement(int index, TrackedProcess wanted) {
    int first = samples.firstRow[index];
    for (int row = first; row < samples.firstRow[index + 1]; row++) {
      if (samples.pid[row] == wanted.pid && samples.startTicks[row] == wanted.startTicks) {
        int number = row - first;
        return statements.computeIfAbsent(row, _ -> feed.statement(index, number));
      }
    }
    return SampledStatement.UNKNOWN;
  }
}
