package dev.headroom.engine.recording;

import dev.headroom.engine.recording.RecordingManifest.TableSummary;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Recording;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A recording as one folder: {@code manifest.json} and a Parquet file for each table. What is in it
 * and how it is hashed stands in {@code docs/recordings.md}.
 */
public final class RecordingDirectory {

  private final Path directory;
  private final RecordingManifest manifest;

  private RecordingDirectory(Path directory, RecordingManifest manifest) {
    this.directory = directory;
    this.manifest = manifest;
  }

  /**
   * Writes a recording: wholly or not at all. The folder appears when every file is on the disk.
   *
   * @param directory the folder to make, in an existing folder
   * @param recording what is recorded
   * @param instances the recording's instances, in the order in which it lists them
   * @param options who writes, and what is left out
   * @throws FileAlreadyExistsException when something is there already; with {@link
   *     WriteOptions#overwriting} only when it is neither a recording nor an empty folder
   * @throws IllegalArgumentException when the instances are not those the recording lists, or hold
   *     rows of another instance
   */
  public static RecordingManifest write(
      Path directory,
      Recording recording,
      Iterator<InstanceRecording> instances,
      WriteOptions options)
      throws IOException {
    Path target = directory.toAbsolutePath().normalize();
    requireReplaceable(target, options.overwrite());
    Path fresh = Files.createDirectory(besides(target, "writing"));
    try {
      RecordingManifest manifest;
      try (RecordingWriter writer = new RecordingWriter(fresh)) {
        manifest = writer.write(recording, instances, options);
      }
      forceAll(fresh);
      replace(target, fresh);
      return manifest;
    } catch (IOException | RuntimeException | Error e) {
      deleteFolder(fresh);
      throw e;
    }
  }

  /**
   * Opens a recording after checking every file's checksum.
   *
   * @throws RecordingException.Missing when the folder, its manifest or a file is not there
   * @throws RecordingException.Malformed when a file is not what the manifest says
   * @throws RecordingException.Unsupported when it has another format version
   */
  public static RecordingDirectory open(Path directory) throws IOException {
    Path folder = directory.toAbsolutePath().normalize();
    RecordingManifest manifest = ManifestFile.read(folder);
    for (TableSummary file : manifest.files().values()) {
      check(folder, file);
    }
    return new RecordingDirectory(folder, manifest);
  }

  public RecordingManifest manifest() {
    return manifest;
  }

  /**
   * The instances in ascending order of their ids, one in memory at a time. To be closed, unless
   * read to the end.
   */
  public InstanceReader instances() {
    return new InstanceReader(directory, manifest.files().keySet());
  }

  /**
   * The instances in the same order, each from the cache if it was read before, else read into it.
   * No instance is ever in memory as a whole, unless its rows are out of order.
   */
  public CachedInstances instances(RecordingCache cache) {
    return new CachedInstances(directory, manifest, cache);
  }

  /**
   * Computes the content hash again from the rows.
   *
   * @throws RecordingException.Malformed when it is not the manifest's: the recording was changed
   *     after it was written, or a newer program wrote columns that this one does not know
   */
  public void verifyContentHash() {
    ContentHash hash = new ContentHash();
    try (InstanceReader reader = instances()) {
      reader.forEachRemaining(hash::add);
    }
    if (!hash.value().equals(manifest.contentHash())) {
      throw new RecordingException.Malformed(
          "the rows of "
              + directory
              + " have content hash "
              + hash.value()
              + ", its manifest says "
              + manifest.contentHash()
              + ". It was changed after it was written, or "
              + manifest.producer()
              + " knows columns that this program does not: use that version, or fetch it again");
    }
  }

  private static void check(Path directory, TableSummary summary) throws IOException {
    Path file = directory.resolve(summary.fileName());
    if (!directory.equals(file.getParent())) {
      throw new RecordingException.Malformed(
          "the manifest of " + directory + " names a file outside it: " + summary.fileName());
    }
    if (!Files.isRegularFile(file)) {
      throw new RecordingException.Missing(
          file + ", which the manifest lists, is missing. Fetch or export the recording again");
    }
    long bytes = Files.size(file);
    if (bytes != summary.bytes()) {
      throw new RecordingException.Malformed(
          file
              + " has "
              + bytes
              + " bytes where the manifest says "
              + summary.bytes()
              + ". Fetch or export the recording again");
    }
    String sha256 = FileDigest.of(file);
    if (!sha256.equals(summary.sha256())) {
      throw new RecordingException.Malformed(
          file
              + " is damaged: its SHA-256 is "
              + sha256
              + " where the manifest says "
              + summary.sha256()
              + ". Fetch or export the recording again");
    }
  }

  private static void requireReplaceable(Path target, boolean overwrite) throws IOException {
    if (!Files.exists(target)) {
      return;
    }
    if (!overwrite) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "give another folder, or say that it may be overwritten");
    }
    if (!Files.isRegularFile(target.resolve(RecordingManifest.FILE_NAME))
        && !isEmptyFolder(target)) {
      throw new FileAlreadyExistsException(
          target.toString(), null, "it is no recording and will not be overwritten");
    }
  }

  private static boolean isEmptyFolder(Path target) throws IOException {
    if (!Files.isDirectory(target)) {
      return false;
    }
    try (Stream<Path> entries = Files.list(target)) {
      return entries.findAny().isEmpty();
    }
  }

  private static void replace(Path target, Path fresh) throws IOException {
    if (Files.exists(target)) {
      Path old = besides(target, "replaced");
      Files.move(target, old, StandardCopyOption.ATOMIC_MOVE);
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
      deleteFolder(old);
    } else {
      Files.move(fresh, target, StandardCopyOption.ATOMIC_MOVE);
    }
    force(parent(target));
  }

  /** A hidden name next to the target that nothing else has. */
  private static Path besides(Path target, String purpose) throws IOException {
    return parent(target)
        .resolve("." + target.getFileName() + "." + purpose + "-" + UUID.randomUUID());
  }

  private static void forceAll(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      for (Path file : entries.toList()) {
        force(file);
      }
    }
    force(folder);
  }

  private static void force(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }

  private static void deleteFolder(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> deepestFirst;
    try (Stream<Path> entries = Files.walk(folder)) {
      deepestFirst = entries.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }

  private static Path parent(Path target) throws IOException {
    Path parent = target.getParent();
    if (parent == null || !Files.isDirectory(parent)) {
      throw new NoSuchFileException(
          String.valueOf(parent),
          null,
          "the folder in which to write the recording does not exist");
    }
    return parent;
  }
}
