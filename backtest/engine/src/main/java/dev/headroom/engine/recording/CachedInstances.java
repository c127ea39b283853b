package dev.headroom.engine.recording;

import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.InstanceLoader.OutOfOrderException;
import dev.headroom.engine.recording.InstanceLoader.RowNumbers;
import dev.headroom.engine.recording.RecordingManifest.InstanceSummary;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The instances of a recording's folder by way of the cache. {@link #next} reads those that are not
 * in it, row by row, because the folder's files are read from front to back; what it gives opens
 * the instance and may be called by another thread.
 */
public final class CachedInstances implements Iterator<Supplier<StreamedRecording>>, AutoCloseable {

  private static final Set<String> BULK =
      Set.of(Tables.MEMORY_SAMPLE.name(), Tables.PROCESS_SAMPLE.name());

  private final Path directory;
  private final Set<String> tableNames;
  private final RecordingCache cache;
  private final Map<String, String> hashById = new HashMap<>();
  private final InstanceReader events;
  private TableFile.@Nullable Reader<Sample> samples;
  private TableFile.@Nullable Reader<ProcessRow> processes;
  private boolean opened;

  CachedInstances(Path directory, RecordingManifest manifest, RecordingCache cache) {
    this.directory = directory;
    this.cache = cache;
    tableNames = manifest.files().keySet();
    for (InstanceSummary instance : manifest.instances()) {
      hashById.put(instance.instanceId(), instance.contentHash());
    }
    Set<String> small = new HashSet<>(tableNames);
    small.removeAll(BULK);
    events = new InstanceReader(directory, small);
  }

  @Override
  public boolean hasNext() {
    return events.hasNext();
  }

  @Override
  public Supplier<StreamedRecording> next() {
    InstanceRecording next = events.next();
    String hash = hashById.get(next.instance().id().toString());
    if (hash != null && cache.has(hash)) {
      return () -> cache.find(hash, next).orElseGet(() -> loadAlone(next));
    }
    StreamedRecording loaded = load(next);
    return () -> loaded;
  }

  private StreamedRecording load(InstanceRecording next) {
    openBulk();
    InstanceId id = next.instance().id();
    skipTo(samples, id);
    skipTo(processes, id);
    try (InstanceLoader loader = cache.load(next.instance())) {
      loadRows(loader, id);
      return cache.finish(loader, next).recording();
    } catch (OutOfOrderException e) {
      return loadAlone(next);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void loadRows(InstanceLoader loader, InstanceId id) {
    if (samples != null) {
      RowNumbers<Sample> numbers = loader.rowsOf(Tables.MEMORY_SAMPLE);
      for (Sample row = samples.takeOf(id); row != null; row = samples.takeOf(id)) {
        loader.sample(numbers.of(row), numbers.present());
      }
    }
    if (processes != null) {
      RowNumbers<ProcessRow> numbers = loader.rowsOf(Tables.PROCESS_SAMPLE);
      for (ProcessRow row = processes.takeOf(id); row != null; row = processes.takeOf(id)) {
        if (!loader.process(numbers.of(row), numbers.present())) {
          throw new RecordingException.Malformed(
              directory.resolve(Tables.PROCESS_SAMPLE.fileName())
                  + ": instance "
                  + id
                  + " has processes but no sample at "
                  + row.sampledAt()
                  + ". Export the recording again");
        }
      }
    }
  }

  /** Reads one instance with readers of its own, its rows put in order in memory. */
  private StreamedRecording loadAlone(InstanceRecording wanted) {
    InstanceId id = wanted.instance().id();
    try (InstanceReader reader = new InstanceReader(directory, tableNames);
        InstanceLoader loader = cache.load(wanted.instance())) {
      InstanceRecording recording = reader.next();
      while (!recording.instance().id().equals(id)) {
        recording = reader.next();
      }
      loader.load(recording.samples());
      return cache.finish(loader, wanted).recording();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void openBulk() {
    if (!opened) {
      opened = true;
      samples = open(Tables.MEMORY_SAMPLE).orElse(null);
      processes = open(Tables.PROCESS_SAMPLE).orElse(null);
    }
  }

  private <R> Optional<TableFile.Reader<R>> open(Table<R> table) {
    return tableNames.contains(table.name())
        ? Optional.of(new TableFile.Reader<>(directory, table))
        : Optional.empty();
  }

  /** Instances stand in ascending order; those before this one were in the cache. */
  private static <R> void skipTo(TableFile.@Nullable Reader<R> reader, InstanceId id) {
    if (reader != null) {
      reader.skipBefore(id);
    }
  }

  @Override
  public void close() {
    events.close();
    if (samples != null) {
      samples.close();
    }
    if (processes != null) {
      processes.close();
    }
  }
}
