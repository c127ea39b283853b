package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestCancelledException;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.ContentHash;
import dev.headroom.engine.recording.InstanceLoader;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.engine.recording.RecordingCache.Loaded;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.RecordingStore.SampleSink;
import dev.headroom.store.copy.BinaryCopyReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The instances of a recording in the database: each is copied into the cache unless it is there
 * already and nothing was recorded since. Safe for use by several threads.
 */
final class StoredInstances {

  private static final int ROWS_BETWEEN_LOOKS = 1 << 14;

  private final RecordingStore store;
  private final Recording recording;
  private final RecordingCache cache;
  private final ContentHash contentHash = new ContentHash();

  StoredInstances(RecordingStore store, Recording recording, RecordingCache cache) {
    this.store = store;
    this.recording = recording;
    this.cache = cache;
  }

  /** The content hash of the instances that were opened. */
  String contentHash() {
    return contentHash.value();
  }

  /**
   * Opens an instance.
   *
   * @throws BacktestCancelledException when the thread is interrupted meanwhile
   */
  StreamedRecording open(InstanceId id) {
    Loading loading = new Loading();
    try {
      InstanceRecording events =
          store.read(id, recording.startsAt(), recording.endsAt(), loading::decide);
      Loaded loaded = loading.finish(events);
      contentHash.add(id, loaded.contentHash());
      return loaded.recording();
    } finally {
      loading.close();
    }
  }

  /** One instance on its way into the cache. */
  private final class Loading {
    private @Nullable Loaded found;
    private @Nullable InstanceLoader loader;
    private String fingerprint = "";

    Optional<SampleSink> decide(InstanceRecording events, String storedFingerprint) {
      fingerprint = storedFingerprint;
      Optional<String> known = cache.findContentHash(fingerprint);
      if (known.isPresent()) {
        found =
            cache
                .find(known.get(), events)
                .map(recorded -> new Loaded(known.get(), recorded))
                .orElse(null);
      }
      if (found != null) {
        return Optional.empty();
      }
      InstanceLoader started = cache.load(events.instance());
      loader = started;
      return Optional.of(new CopySink(started));
    }

    Loaded finish(InstanceRecording events) {
      if (found != null) {
        return found;
      }
      if (loader == null) {
        throw new IllegalStateException("nothing was decided about " + events.instance().id());
      }
      Loaded loaded = cache.finish(loader, events);
      cache.remember(fingerprint, loaded.contentHash());
      return loaded;
    }

    void close() {
      if (loader != null) {
        try {
          loader.close();
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    }
  }

  /** Hands rows of a COPY to a loader. Columns are the same in both, but for the instance's id. */
  private static final class CopySink implements SampleSink {
    private final InstanceLoader loader;
    private final long[] sample = new long[InstanceLoader.sampleFields()];
    private final long[] process = new long[InstanceLoader.processFields()];
    private int rows;

    CopySink(InstanceLoader loader) {
      this.loader = loader;
    }

    @Override
    public void sample(BinaryCopyReader row) {
      lookForInterrupt();
      long present = row.getNumbers(sample, _ -> false, loader::text);
      loader.sample(sample, present);
    }

    @Override
    public void process(BinaryCopyReader row) {
      lookForInterrupt();
      long present = row.getNumbers(process, InstanceLoader::isTextOfProcess, loader::text);
      loader.process(process, present);
    }

    private void lookForInterrupt() {
      if (++rows % ROWS_BETWEEN_LOOKS == 0 && Thread.currentThread().isInterrupted()) {
        throw new BacktestCancelledException();
      }
    }
  }
}
