package dev.headroom.engine.kernel;

import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a replay reads: one instance's recording, wherever its samples are kept, and which part of
 * it is judged. Immutable; one input serves any number of replays at once.
 */
public final class ReplayInput {

  private final StreamedRecording recording;
  private final CaseFacts stated;
  private final long judgedFromNs;

  private ReplayInput(StreamedRecording recording, CaseFacts stated, long judgedFromNs) {
    this.recording = recording;
    this.stated = stated;
    this.judgedFromNs = judgedFromNs;
  }

  /** Reads a recording at the best fidelity that all of its samples have. */
  public static ReplayInput of(InstanceRecording recording) {
    return of(recording, CaseFacts.NONE);
  }

  /** Reads a recording together with what a worked case states beside it. */
  public static ReplayInput of(InstanceRecording recording, CaseFacts stated) {
    return new ReplayInput(StreamedRecording.of(recording), stated, Long.MIN_VALUE);
  }

  /**
   * Reads a recording of which only a part is judged.
   *
   * @param judgedFrom the first moment that is: what was sampled before it is only the past that
   *     formulas look back on; absent to judge everything
   */
  public static ReplayInput of(InstanceRecording recording, @Nullable Instant judgedFrom) {
    return of(StreamedRecording.of(recording), judgedFrom);
  }

  /** The same for a recording whose samples are elsewhere. */
  public static ReplayInput of(StreamedRecording recording, @Nullable Instant judgedFrom) {
    return new ReplayInput(
        recording,
        CaseFacts.NONE,
        judgedFrom == null ? Long.MIN_VALUE : Moments.epochNs(judgedFrom));
  }

  public InstanceId instanceId() {
    return recording.header().instance().id();
  }

  /** How exactly the recording knows what processes hold. */
  public Fidelity fidelity() {
    return recording.header().fidelity().fidelity();
  }

  /** What a reader should know about the fidelity, in words. */
  public List<String> notes() {
    return recording.header().fidelity().notes();
  }

  public int sampleCount() {
    return recording.header().sampleCount();
  }

  /**
   * An input of a formula at every sample, in its unit; NaN where it is absent.
   *
   * @throws IllegalArgumentException when no input has this name
   */
  public double[] input(String inputName) {
    double[] values = new double[sampleCount()];
    ChunkReader reader = new ChunkReader(this, ReplayPass.CHUNK_SAMPLES);
    while (reader.next()) {
      ReplayChunk chunk = reader.chunk();
      System.arraycopy(chunk.input(inputName), 0, values, chunk.first(), chunk.size());
    }
    return values;
  }

  /** When the instance started, became ready or read its configuration again, in time order. */
  long[] turnsNs() {
    return recording.header().instanceEvents().stream()
        .filter(event ->
            switch (event.kind()) {
              case START, READY, RELOAD -> true;
              case STOP, CRASH -> false;
            })
        .mapToLong(event -> Moments.epochNs(event.occurredAt()))
        .toArray();
  }

  StreamedRecording recording() {
    return recording;
  }

  CaseFacts stated() {
    return stated;
  }

  long judgedFromNs() {
    return judgedFromNs;
  }
}
