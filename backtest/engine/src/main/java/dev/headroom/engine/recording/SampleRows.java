package dev.headroom.engine.recording;

import dev.headroom.engine.columnar.BlockSink;
import dev.headroom.engine.columnar.BlockTable;
import dev.headroom.engine.recording.InstanceLoader.OutOfOrderException;
import dev.headroom.model.Fidelity;
import java.util.Arrays;
import java.util.List;

/**
 * Puts one instance's samples and their processes into tables of blocks, and learns on the way what
 * a replay must know before its first sample. Memory is nine bytes for each sample.
 */
final class SampleRows {

  /** The tables: samples, processes, and how many processes each sample has. */
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

  private static final long ONE_PRESENT = 1;
  private static final int TIME = 0;
  private static final int PID = SampleTable.PROCESS.position("pid");
  private static final int START = SampleTable.PROCESS.position("start_ticks");
  private static final long RESIDENT = 1L << SampleTable.PROCESS.position("resident_anon_bytes");
  private static final long GUARDED = 1L << SampleTable.PROCESS.position("guard_allocated_bytes");
  private static final long GUARD_LIMIT = 1L << SampleTable.MEMORY.position("guard_limit_bytes");

  private final BlockSink sink;
  private final long[] processValues = new long[SampleTable.PROCESS.size() - 1];
  private final long[] count = new long[1];
  private long[] micros = new long[1024];

  /** By sample, see {@link SampleTraits}. */
  private byte[] traits = new byte[1024];

  private int samples;

  /** The sample whose processes come, how many there were, and the best that is known of one. */
  private int current;

  private int processes;
  private Fidelity best = Fidelity.CGROUP;
  private long lastPid;
  private long lastStart;

  SampleRows(BlockSink sink) {
    this.sink = sink;
  }

  /**
   * Takes the next sample.
   *
   * @throws OutOfOrderException when it is not later than the one before
   */
  void sample(long[] values, long present) {
    if (samples > 0 && micros[samples - 1] >= values[TIME]) {
      throw new OutOfOrderException("samples", values[TIME]);
    }
    if (samples == micros.length) {
      micros = Arrays.copyOf(micros, 2 * samples);
      traits = Arrays.copyOf(traits, 2 * samples);
    }
    traits[samples] = SampleTraits.of((present & GUARD_LIMIT) != 0);
    micros[samples++] = values[TIME];
    sink.append(SAMPLES, values, present);
  }

  /**
   * Takes the next process, after every sample was taken.
   *
   * @return false when there is no sample at its time; it is left out
   * @throws OutOfOrderException when it does not come after the one before
   */
  boolean process(long[] values, long present) {
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
    System.arraycopy(values, 1, processValues, 0, processValues.length);
    sink.append(PROCESSES, processValues, present >>> 1);
    return true;
  }

  private void finishSample() {
    count[0] = processes;
    sink.append(COUNTS, count, ONE_PRESENT);
    if (processes > 0) {
      traits[current] |= SampleTraits.of(best);
    }
    current++;
    processes = 0;
    best = Fidelity.CGROUP;
  }

  /** There are no more rows; gives what was learned of them. */
  SampleTraits end() {
    while (current < samples) {
      finishSample();
    }
    return new SampleTraits(Arrays.copyOf(micros, samples), Arrays.copyOf(traits, samples));
  }
}
