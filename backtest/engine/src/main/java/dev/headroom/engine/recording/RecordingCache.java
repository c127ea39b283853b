package dev.headroom.engine.recording;

import dev.headroom.engine.columnar.BlockFile;
import dev.headroom.engine.columnar.BlockFileWriter;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceRecording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A folder of instances that were read before, as column blocks by content hash. What is in it can
 * be made again at any time: a damaged file, or one of another version, is deleted and made anew.
 * Safe for use by several threads and programs: files appear whole, under names that say what is in
 * them.
 */
public final class RecordingCache {

  /** What the folder holds at most, unless said otherwise. */
  public static final long DEFAULT_BYTES = 32L << 30;

  private static final String BLOCKS = ".blocks";
  private static final String KNOWN = ".known";
  private static final Duration ABANDONED = Duration.ofDays(1);

  private final Path folder;
  private final long maximumBytes;
  private final Consumer<String> notices;

  /**
   * A cache in a folder, which is made when it is missing.
   *
   * @param maximumBytes what is in it beyond that is deleted, longest unused first
   * @param notices hears what a user should know, such as that a damaged file is made anew
   * @throws IOException when the folder cannot be made or written to
   */
  public RecordingCache(Path folder, long maximumBytes, Consumer<String> notices)
      throws IOException {
    this.folder = Files.createDirectories(folder);
    if (!Files.isWritable(folder)) {
      throw new AccessDeniedException(folder.toString());
    }
    this.maximumBytes = maximumBytes;
    this.notices = notices;
  }

  /**
   * The instance with this content hash, if it was read before.
   *
   * @param events its recording without samples
   */
  public Optional<StreamedRecording> find(String contentHash, InstanceRecording events) {
    Path file = blocks(contentHash);
    try {
      StreamedRecording found = new BlockRecording(BlockFile.open(file), events);
      Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
      return Optional.of(found);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | RuntimeException e) {
      notices.accept(
          "the cache's " + file + " cannot be used (" + e.getMessage() + "); it is made anew");
      delete(file);
      return Optional.empty();
    }
  }

  /** The content hash of what a fingerprint of a source stood for, if that was read before. */
  public Optional<String> findContentHash(String fingerprint) {
    try {
      return Optional.of(Files.readString(known(fingerprint)));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** Starts reading an instance into the cache. */
  public InstanceLoader load(Instance instance) {
    try {
      return new InstanceLoader(instance, folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to the cache in " + folder, e);
    }
  }

  /** An instance that was read, and its content hash. */
  public record Loaded(String contentHash, StreamedRecording recording) {}

  /**
   * Completes what was read.
   *
   * @param events the recording without samples
   */
  public Loaded finish(InstanceLoader loader, InstanceRecording events) {
    try {
      String contentHash = loader.finish(events, this::blocks);
      Path file = blocks(contentHash);
      StreamedRecording recording = new BlockRecording(BlockFile.open(file), events);
      trim(file);
      return new Loaded(contentHash, recording);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to the cache in " + folder, e);
    }
  }

  /** Whether an instance with this content hash seems to be there. */
  boolean has(String contentHash) {
    return Files.isRegularFile(blocks(contentHash));
  }

  /** Notes that a fingerprint of a source stands for this content. */
  public void remember(String fingerprint, String contentHash) {
    try {
      Path fresh = Files.createTempFile(folder, ".", BlockFileWriter.UNFINISHED);
      Files.writeString(fresh, contentHash);
      Files.move(fresh, known(fingerprint), StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write to the cache in " + folder, e);
    }
  }

  /**
   * Empties the cache.
   *
   * @return how many bytes were in it
   */
  public long clear() throws IOException {
    long bytes = 0;
    for (Path file : files()) {
      bytes += Files.size(file);
      delete(file);
    }
    return bytes;
  }

  private record Kept(Path file, long bytes, FileTime used) {}

  private void trim(Path justMade) throws IOException {
    List<Kept> kept = new ArrayList<>();
    long total = 0;
    for (Path file : files()) {
      try {
        Kept each = new Kept(file, Files.size(file), Files.getLastModifiedTime(file));
        boolean abandoned =
            file.toString().endsWith(BlockFileWriter.UNFINISHED)
                && each.used().toInstant().isBefore(Instant.now().minus(ABANDONED));
        if (abandoned) {
          delete(file);
        } else if (file.toString().endsWith(BLOCKS)) {
          kept.add(each);
          total += each.bytes();
        }
      } catch (NoSuchFileException e) {
        // another program was quicker
      }
    }
    kept.sort(Comparator.comparing(Kept::used));
    for (Kept oldest : kept) {
      if (total <= maximumBytes) {
        return;
      }
      if (!oldest.file().equals(justMade)) {
        delete(oldest.file());
        total -= oldest.bytes();
      }
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> all = Files.list(folder)) {
      return all.filter(Files::isRegularFile).filter(RecordingCache::isOurs).toList();
    }
  }

  private static boolean isOurs(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(BLOCKS)
        || name.endsWith(KNOWN)
        || name.endsWith(BlockFileWriter.UNFINISHED);
  }

  private void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + file, e);
    }
  }

  private Path blocks(String contentHash) {
    return folder.resolve(contentHash + BLOCKS);
  }

  private Path known(String fingerprint) {
    byte[] digest = ContentHash.sha256().digest(fingerprint.getBytes(StandardCharsets.UTF_8));
    return folder.resolve(HexFormat.of().formatHex(digest) + KNOWN);
  }
}
