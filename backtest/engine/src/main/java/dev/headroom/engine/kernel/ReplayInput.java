package dev.headroom.engine.kernel;

import dev.headroom.model.Fact;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import dev.headroom.model.SampleInput;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One instance's recording as the replay reads it: arrays in time order, processes by identity.
 *
 * <p>Sample {@code i} owns the rows {@code firstRow[i]} to {@code firstRow[i + 1]} of the table.
 * Immutable after it was made; one input serves any number of replays at once.
 */
public final class ReplayInput {

  private static final int GAP_STEPS = 3;
  private static final long NS_PER_MICROSECOND = 1_000;

  final long[] timeNs;
  final int[] firstRow;
  final ProcessTable table;

  /** The instance's watermark, or the sum of its processes' peaks. */
  final long[] instancePeakBytes;

  /** Whether {@link #instancePeakBytes} is a watermark. */
  final boolean[] hasWatermark;

  final List<ReplayEvent> events;

  /** NaN where a part of the floor is absent. */
  final double[] headroomBytes;

  /** NaN where it is absent or unlimited. */
  final double[] memoryMaxBytes;

  /** The limit the live guard had, NaN where nobody wrote it down. */
  final double[] liveLimitBytes;

  /** The first moment that is judged, in nanoseconds since the epoch. */
  final long judgedFromNs;

  private final InstanceId instanceId;
  private final Fidelity fidelity;
  private final List<String> notes;
  private final List<ReplayProcess> processes;
  private final List<Sample> samples;

  /** By name of the input: its value at every sample. */
  private final Map<String, double[]> columns;

  /**
   * By sample: the longest time after it that is no gap, doubled so that the mean of two middle
   * steps stays whole.
   */
  private final long[] gapThresholdDoubledNs;

  ReplayInput(ReplayInputBuilder builder) {
    timeNs = builder.timeNs;
    firstRow = builder.firstRow;
    table = builder.table;
    instancePeakBytes = builder.instancePeakBytes;
    hasWatermark = builder.hasWatermark;
    events = List.copyOf(builder.events);
    headroomBytes = builder.headroomBytes;
    memoryMaxBytes = builder.memoryMaxBytes;
    liveLimitBytes = builder.liveLimitBytes;
    judgedFromNs = builder.judgedFromNs;
    instanceId = builder.recording.instance().id();
    fidelity = builder.fidelity.fidelity();
    notes = builder.fidelity.notes();
    processes = List.copyOf(builder.processes);
    samples = builder.recording.samples();
    columns = columns(samples, builder.stated.inputs());
    gapThresholdDoubledNs = gapThresholdDoubledNs(samples, timeNs);
  }

  /** Reads a recording at the best fidelity that all of its samples have. */
  public static ReplayInput of(InstanceRecording recording) {
    return of(recording, CaseFacts.NONE);
  }

  /** Reads a recording together with what a worked case states beside it. */
  public static ReplayInput of(InstanceRecording recording, CaseFacts stated) {
    return new ReplayInputBuilder(recording, stated, null).build();
  }

  /**
   * Reads a recording of which only a part is judged.
   *
   * @param judgedFrom the first moment that is: what was sampled before it is only the past that
   *     formulas look back on; absent to judge everything
   */
  public static ReplayInput of(InstanceRecording recording, @Nullable Instant judgedFrom) {
    return new ReplayInputBuilder(recording, CaseFacts.NONE, judgedFrom).build();
  }

  public InstanceId instanceId() {
    return instanceId;
  }

  /** How exactly the recording knows what processes hold. */
  public Fidelity fidelity() {
    return fidelity;
  }

  /** What a reader should know about the fidelity, in words. */
  public List<String> notes() {
    return notes;
  }

  public int sampleCount() {
    return timeNs.length;
  }

  /** When this sample was made, in nanoseconds since the epoch. */
  public long sampledAtNs(int sample) {
    return timeNs[sample];
  }

  /** The process in this slot. */
  ReplayProcess process(int slot) {
    return processes.get(slot);
  }

  int processCount() {
    return processes.size();
  }

  /**
   * An input of a formula at every sample, in its unit; NaN where it is absent.
   *
   * @throws IllegalArgumentException when no input has this name
   */
  public double[] input(String inputName) {
    return column(inputName).clone();
  }

  /** The same, shared by all replays: not to be written to. */
  double[] column(String inputName) {
    double[] column = columns.get(inputName);
    if (column == null) {
      throw new IllegalArgumentException(
          "no input is named " + inputName + "; there are " + SampleInput.names());
    }
    return column;
  }

  /** Every input at every sample; what a worked case states goes before what samples say. */
  private static Map<String, double[]> columns(List<Sample> samples, Map<String, double[]> stated) {
    Map<String, double[]> columns = new HashMap<>();
    for (String name : SampleInput.names()) {
      ToDoubleFunction<Sample> reader = SampleInput.of(name);
      columns.put(name, samples.stream().mapToDouble(reader).toArray());
    }
    stated.forEach((name, values) -> columns.put(name, values.clone()));
    return columns;
  }

  /** What the recording says of a process at a sample, where it knows processes. */
  Optional<ProcessSample> findProcessSample(int sample, int slot) {
    ReplayProcess wanted = processes.get(slot);
    for (ProcessSample process : samples.get(sample).processes()) {
      if (process.pid() == wanted.pid() && process.startTicks() == wanted.startTicks()) {
        return Optional.of(process);
      }
    }
    return Optional.empty();
  }

  /**
   * Whether the time from a sample to a later moment, with no sample between, is too long to know
   * anything of it: more than three median steps, or three times the wait that was meant to follow
   * the sample where that is longer. Unknown steps make everything a gap.
   */
  boolean isGap(int sample, long untilNs) {
    return 2 * (untilNs - timeNs[sample]) > gapThresholdDoubledNs[sample];
  }

  private static long[] gapThresholdDoubledNs(List<Sample> samples, long[] timeNs) {
    long ofSteps = GAP_STEPS * medianStepDoubledNs(timeNs);
    long[] thresholds = new long[timeNs.length];
    for (int i = 0; i < thresholds.length; i++) {
      OptionalLong meantUs = samples.get(i).facts().find(Fact.SAMPLING_WAIT);
      thresholds[i] =
          meantUs.isPresent()
              ? Math.max(ofSteps, 2 * GAP_STEPS * NS_PER_MICROSECOND * meantUs.getAsLong())
              : ofSteps;
    }
    return thresholds;
  }

  private static long medianStepDoubledNs(long[] timeNs) {
    int steps = timeNs.length - 1;
    if (steps < 1) {
      return -1;
    }
    long[] sorted = new long[steps];
    for (int i = 0; i < steps; i++) {
      sorted[i] = timeNs[i + 1] - timeNs[i];
    }
    Arrays.sort(sorted);
    return sorted[(steps - 1) / 2] + sorted[steps / 2];
  }
}
