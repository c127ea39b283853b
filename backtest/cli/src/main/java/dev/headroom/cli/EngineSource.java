package dev.headroom.cli;

import dev.headroom.embedded.HeadroomHome;
import dev.headroom.engine.backtest.RecordingSource.InstanceSource;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.CachedInstances;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Recording;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A recording as the engine reads it, by way of this machine's cache: what was replayed before
 * starts at once. Where the cache cannot be written, a folder that lasts as long as this does its
 * work. To be closed.
 */
public final class EngineSource implements AutoCloseable {

  private final dev.headroom.engine.backtest.RecordingSource source;
  private final @Nullable CachedInstances folder;
  private final @Nullable PassingCache passing;

  private EngineSource(
      dev.headroom.engine.backtest.RecordingSource source,
      @Nullable CachedInstances folder,
      @Nullable PassingCache passing) {
    this.source = source;
    this.folder = folder;
    this.passing = passing;
  }

  /** What {@code Backtest.run} takes; for one run. */
  public dev.headroom.engine.backtest.RecordingSource source() {
    return source;
  }

  /** Opens a recording. */
  public static EngineSource open(RecordingSource recorded, Terminal terminal) {
    try {
      return open(recorded, machineCache(terminal), null);
    } catch (IOException e) {
      terminal.say(
          "cannot write to " + cacheFolder() + "; what is read now is not kept for the next time");
      PassingCache passing = PassingCache.make(terminal);
      return open(recorded, passing.recordings(), passing);
    }
  }

  private static EngineSource open(
      RecordingSource recorded, RecordingCache cache, @Nullable PassingCache passing) {
    return switch (recorded) {
      case RecordingSource.Folder folder -> {
        CachedInstances instances = folder.directory().instances(cache);
        String hash = folder.directory().manifest().contentHash();
        yield new EngineSource(
            engineSource(recorded, () -> hash, () -> sources(instances)), instances, passing);
      }
      case RecordingSource.Stored stored -> {
        StoredInstances instances = new StoredInstances(stored.store(), stored.recording(), cache);
        yield new EngineSource(
            engineSource(
                recorded,
                instances::contentHash,
                () -> sources(stored.recording().instances().iterator(), instances)),
            null,
            passing);
      }
    };
  }

  /** Where recordings that were read are kept. */
  static Path cacheFolder() {
    return HeadroomHome.locate(System.getenv()).cache().resolve("recordings");
  }

  private static RecordingCache machineCache(Terminal terminal) throws IOException {
    return new RecordingCache(cacheFolder(), RecordingCache.DEFAULT_BYTES, terminal::say);
  }

  /** The machine's own cache; a failure when it cannot be made. */
  static RecordingCache cache(Terminal terminal) {
    try {
      return machineCache(terminal);
    } catch (IOException e) {
      throw CommandFailure.ofFile(
          ExitCode.UNAVAILABLE,
          "cannot make the cache in " + cacheFolder() + "; set HEADROOM_HOME to another folder",
          e);
    }
  }

  private static dev.headroom.engine.backtest.RecordingSource engineSource(
      RecordingSource recorded, Supplier<String> hash, Iterable<InstanceSource> instances) {
    Recording recording = recorded.recording();
    return new dev.headroom.engine.backtest.RecordingSource(
        recorded.isAdHoc() ? null : recording.name(),
        recording.startsAt(),
        recording.endsAt(),
        hash,
        instances);
  }

  private static Iterator<InstanceSource> sources(CachedInstances instances) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return instances.hasNext();
      }

      @Override
      public InstanceSource next() {
        Supplier<StreamedRecording> next = instances.next();
        return next::get;
      }
    };
  }

  private static Iterator<InstanceSource> sources(
      Iterator<InstanceId> ids, StoredInstances instances) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return ids.hasNext();
      }

      @Override
      public InstanceSource next() {
        InstanceId id = ids.next();
        return () -> instances.open(id);
      }
    };
  }

  @Override
  public void close() {
    if (folder != null) {
      folder.close();
    }
    if (passing != null) {
      passing.close();
    }
  }
}
