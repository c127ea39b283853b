package dev.headroom.engine.recording;

import dev.headroom.engine.kernel.FidelityCheck;
import dev.headroom.engine.recording.RecordingManifest.InstanceSummary;
import dev.headroom.engine.recording.RecordingManifest.TableSummary;
import dev.headroom.model.Fidelity;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Writes the files of one recording into an empty folder. */
final class RecordingWriter implements AutoCloseable {

  private final Path directory;
  private final Map<Table<?>, TableFile.Writer<?>> writers = new LinkedHashMap<>();
  private final ContentHash contentHash = new ContentHash();
  private final List<InstanceSummary> instances = new ArrayList<>();

  RecordingWriter(Path directory) throws IOException {
    this.directory = directory;
    try {
      for (Table<?> table : Tables.ALL) {
        writers.put(table, new TableFile.Writer<>(directory, table));
      }
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * Writes the whole recording; the manifest comes last.
   *
   * @throws IllegalArgumentException when the instances are not those of the recording in ascending
   *     order of their ids, or rows are not theirs
   */
  RecordingManifest write(
      Recording recording, Iterator<InstanceRecording> recordings, WriteOptions options)
      throws IOException {
    for (InstanceId expected : recording.instances()) {
      if (!recordings.hasNext()) {
        throw new IllegalArgumentException(
            "recording "
                + recording.name()
                + " lists instance "
                + expected
                + ", which was not given");
      }
      writeInstance(expected, options.privacy().apply(recordings.next()));
    }
    if (recordings.hasNext()) {
      throw new IllegalArgumentException(
          "instance "
              + recordings.next().instance().id()
              + " was given, which recording "
              + recording.name()
              + " does not list");
    }
    close();
    RecordingManifest manifest =
        new RecordingManifest(
            RecordingManifest.FORMAT_VERSION,
            recording.name(),
            recording.startsAt(),
            recording.endsAt(),
            recording.note(),
            options.producer(),
            FidelityCheck.worst(instances.stream().map(InstanceSummary::fidelity).toList()),
            options.privacy().queryText(),
            options.privacy().pseudonymKey() != null,
            contentHash.value(),
            instances,
            files());
    Files.write(directory.resolve(RecordingManifest.FILE_NAME), ManifestFile.format(manifest));
    return manifest;
  }

  private void writeInstance(InstanceId expected, InstanceRecording recording) throws IOException {
    InstanceId id = recording.instance().id();
    if (!id.equals(expected)) {
      throw new IllegalArgumentException(
          "instance " + id + " was given where the recording lists " + expected);
    }
    ContentHash.InstanceDigest instanceDigest = new ContentHash.InstanceDigest();
    try {
      InstanceRows.forEach(
          recording,
          new InstanceRows.Consumer() {
            @Override
            public <R> void accept(Table<R> table, R row, byte[] canonicalBytes) {
              instanceDigest.accept(table, row, canonicalBytes);
              write(table, row);
            }
          });
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
    byte[] digest = instanceDigest.finish();
    contentHash.add(id, digest);
    Fidelity fidelity = FidelityCheck.of(recording.samples()).fidelity();
    instances.add(
        new InstanceSummary(
            id.toString(),
            fidelity,
            recording.samples().size(),
            recording.kills().size(),
            HexFormat.of().formatHex(digest)));
  }

  private <R> void write(Table<R> table, R row) {
    @SuppressWarnings("unchecked") // the constructor put a writer of the table's own row type there
    TableFile.Writer<R> writer = (TableFile.Writer<R>) Objects.requireNonNull(writers.get(table));
    try {
      writer.write(row);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Map<String, TableSummary> files() throws IOException {
    Map<String, TableSummary> files = new LinkedHashMap<>();
    for (Map.Entry<Table<?>, TableFile.Writer<?>> entry : writers.entrySet()) {
      String fileName = entry.getKey().fileName();
      Path file = directory.resolve(fileName);
      files.put(
          entry.getKey().name(),
          new TableSummary(
              fileName, entry.getValue().rows(), Files.size(file), FileDigest.of(file)));
    }
    return files;
  }

  /** Completes the files; closing again does nothing. */
  @Override
  public void close() throws IOException {
    for (TableFile.Writer<?> writer : writers.values()) {
      writer.close();
    }
  }
}
