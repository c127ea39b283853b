package dev.headroom.engine.kernel;

import dev.headroom.model.InstanceRecording;
import java.time.Instant;

/** One instance's recording as a replay reads it: a header, and the samples as a stream. */
public interface StreamedRecording {

  RecordingHeader header();

  /** Starts reading the samples from the first one. May be called any number of times. */
  SampleFeed openSamples();

  /**
   * The part of it before a moment. Its samples are read once for that.
   *
   * @param endsAt the first moment that is not in it
   */
  default StreamedRecording before(Instant endsAt) {
    return new EarlierPart(this, endsAt);
  }

  /** A recording that is in memory. */
  static StreamedRecording of(InstanceRecording recording) {
    RecordingHeader header = RecordingHeader.of(recording);
    return new StreamedRecording() {
      @Override
      public RecordingHeader header() {
        return header;
      }

      @Override
      public SampleFeed openSamples() {
        return new ListFeed(recording.samples());
      }
    };
  }
}
