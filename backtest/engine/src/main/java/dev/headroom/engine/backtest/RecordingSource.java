package dev.headroom.engine.backtest;

import dev.headroom.model.InstanceRecording;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The recordings a backtest reads, and what identifies their content.
 *
 * @param name what people call it; absent for an ad-hoc time range
 * @param startsAt the first moment that is judged: samples before it are only the past that
 *     formulas look back on; absent to judge everything there is
 * @param endsAt the first moment after it; absent likewise
 * @param contentHash of everything in it: the same hash is the same content
 * @param instances one recording for each instance, in any order; read once
 */
public record RecordingSource(
    @Nullable String name,
    @Nullable Instant startsAt,
    @Nullable Instant endsAt,
    String contentHash,
    Iterable<InstanceRecording> instances) {

  /** A recording of which everything is judged. */
  public RecordingSource(
      @Nullable String name, String contentHash, Iterable<InstanceRecording> instances) {
    this(name, null, null, contentHash, instances);
  }
}
