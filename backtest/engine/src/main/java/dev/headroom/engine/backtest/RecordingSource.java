package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.model.InstanceRecording;
import java.time.Instant;
import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The recordings a backtest reads, and what identifies their content.
 *
 * @param name what people call it; absent for an ad-hoc time range
 * @param startsAt the first moment that is judged: samples before it are only the past that
 *     formulas look back on; absent to judge everything there is
 * @param endsAt the first moment after it; absent likewise
 * @param contentHash of everything in it: the same hash is the same content. Asked for when every
 *     instance was opened and read, because some sources know it only then
 * @param instances one for each instance, in any order; iterated once, by one thread
 */
public record RecordingSource(
    @Nullable String name,
    @Nullable Instant startsAt,
    @Nullable Instant endsAt,
    Supplier<String> contentHash,
    Iterable<InstanceSource> instances) {

  /** One instance of the recording, not read yet. */
  @FunctionalInterface
  public interface InstanceSource {

    /** Reads as much as is needed to start; called once, by the thread that replays it. */
    StreamedRecording open();
  }

  /** A recording whose instances are read one after the other, each into memory. */
  public RecordingSource(
      @Nullable String name,
      @Nullable Instant startsAt,
      @Nullable Instant endsAt,
      String contentHash,
      Iterable<InstanceRecording> instances) {
    this(name, startsAt, endsAt, () -> contentHash, inMemory(instances));
  }

  /** A recording of which everything is judged. */
  public RecordingSource(
      @Nullable String name, String contentHash, Iterable<InstanceRecording> instances) {
    this(name, null, null, contentHash, instances);
  }

  private static Iterable<InstanceSource> inMemory(Iterable<InstanceRecording> recordings) {
    return () -> {
      Iterator<InstanceRecording> each = recordings.iterator();
      return new Iterator<>() {
        @Override
        public boolean hasNext() {
          return each.hasNext();
        }

        @Override
        public InstanceSource next() {
          InstanceRecording recording = each.next();
          return () -> StreamedRecording.of(recording);
        }
      };
    };
  }
}
