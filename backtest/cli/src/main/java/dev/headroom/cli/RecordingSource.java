package dev.headroom.cli;

import dev.headroom.engine.recording.InstanceReader;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import dev.headroom.store.RecordingStore;
import java.util.Iterator;
import java.util.Set;
import java.util.Spliterators;
import java.util.function.Function;
import java.util.stream.StreamSupport;

/** Where a recording's rows come from. */
public sealed interface RecordingSource {

  /** What is recorded. */
  Recording recording();

  /** Whether it is a time range that nobody gave a name. */
  boolean isAdHoc();

  /** Its instances in ascending order of their ids, read as they are asked for. */
  default InstanceStream open() {
    return open(Set.copyOf(recording().instances()));
  }

  /** Some of its instances, likewise. */
  InstanceStream open(Set<InstanceId> instances);

  /** Instances one after the other; to be closed. */
  interface InstanceStream extends Iterator<InstanceRecording>, AutoCloseable {
    @Override
    void close();
  }

  /** A folder of Parquet files. */
  record Folder(RecordingDirectory directory) implements RecordingSource {
    @Override
    public Recording recording() {
      return directory.manifest().recording();
    }

    @Override
    public boolean isAdHoc() {
      return false;
    }

    @Override
    public InstanceStream open(Set<InstanceId> instances) {
      InstanceReader reader = directory.instances();
      return stream(only(instances, reader), reader::close);
    }
  }

  /** Rows of the database. */
  record Stored(Recording recording, boolean isAdHoc, RecordingStore store)
      implements RecordingSource {
    @Override
    public InstanceStream open(Set<InstanceId> instances) {
      Function<InstanceId, InstanceRecording> read =
          id -> store.read(id, recording.startsAt(), recording.endsAt());
      return stream(
          recording.instances().stream().filter(instances::contains).map(read).iterator(),
          () -> {});
    }
  }

  private static Iterator<InstanceRecording> only(
      Set<InstanceId> instances, Iterator<InstanceRecording> all) {
    return StreamSupport.stream(Spliterators.spliteratorUnknownSize(all, 0), false)
        .filter(each -> instances.contains(each.instance().id()))
        .iterator();
  }

  private static InstanceStream stream(Iterator<InstanceRecording> instances, Runnable onClose) {
    return new InstanceStream() {
      @Override
      public boolean hasNext() {
        return instances.hasNext();
      }

      @Override
      public InstanceRecording next() {
        return instances.next();
      }

      @Override
      public void close() {
        onClose.run();
      }
    };
  }
}
