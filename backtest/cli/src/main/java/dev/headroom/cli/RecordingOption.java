package dev.headroom.cli;

import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.engine.recording.RecordingManifest;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Recording;
import dev.headroom.store.RecordingStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * The options that say what to replay: a recording by name or folder, or a time range of the
 * database.
 */
public final class RecordingOption {

  /** Recordings that come with Headroom lie here, below its root. */
  private static final Path CORPUS = Path.of("backtest", "corpus");

  @Option(
      names = "--recording",
      paramLabel = "NAME|FOLDER",
      description =
          "A recording: its name in the database, a folder that `recording export` wrote, or one that comes with"
              + " Headroom. Default: everything from --from to --to.")
  private @Nullable String recording;

  @Option(
      names = "--from",
      paramLabel = "WHEN",
      description = "The first moment: 30d (ago), 2026-11-20, 2026-11-20T10:00:00Z. Default: 30d.")
  private @Nullable String from;

  @Option(
      names = "--to",
      paramLabel = "WHEN",
      description = "The first moment after it. Default: now.")
  private @Nullable String to;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  /** The database of these options. */
  DatabaseOption database() {
    return database;
  }

  /** What to replay, and the database it came from or may be kept in. */
  public record Chosen(RecordingSource source, Optional<OpenDatabase> database)
      implements AutoCloseable {
    @Override
    public void close() {
      database.ifPresent(OpenDatabase::close);
    }
  }

  /**
   * Finds what was asked for. A folder needs no database, so none is opened for it.
   *
   * @throws CommandFailure when there is no such recording or nothing in the time range
   */
  Chosen open(Terminal terminal) {
    if (recording == null) {
      Instant now = Instant.now();
      TimeRange range = TimeRange.parse(from == null ? "30d" : from, to == null ? "now" : to, now);
      return stored(database.startExisting(terminal), store -> everythingIn(range, store));
    }
    if (from != null || to != null) {
      throw CommandFailure.usage("--recording has its own time range: leave --from and --to out");
    }
    return find(recording, database, terminal);
  }

  /**
   * The same.
   *
   * @param toKeep whether a folder comes with the database that runs, if there is one to keep runs
   *     in
   */
  Chosen open(Terminal terminal, boolean toKeep) {
    Chosen chosen = open(terminal);
    return !toKeep || chosen.database().isPresent()
        ? chosen
        : new Chosen(chosen.source(), OpenDatabase.findRunning(database));
  }

  /**
   * Finds a recording by its name or folder.
   *
   * @throws CommandFailure when there is none
   */
  public static Chosen find(String recording, DatabaseOption database, Terminal terminal) {
    Optional<Path> folder = findFolder(recording);
    return folder.isPresent()
        ? new Chosen(new RecordingSource.Folder(openFolder(folder.get())), Optional.empty())
        : stored(database.startExisting(terminal), store -> named(store, recording));
  }

  private static Chosen stored(OpenDatabase open, Function<RecordingStore, RecordingSource> which) {
    try {
      return new Chosen(which.apply(open.recordings()), Optional.of(open));
    } catch (RuntimeException e) {
      open.close();
      throw e;
    }
  }

  /** Where a recording of this name that comes with Headroom is, if there is one. */
  public static Path corpusFolder(String name) {
    return Path.of(System.getProperty("headroom.root", "")).resolve(CORPUS).resolve(name);
  }

  /** Opens a recording's folder, or says as a usage error why it cannot be read. */
  public static RecordingDirectory openFolder(Path folder) {
    try {
      return RecordingDirectory.open(folder);
    } catch (IOException e) {
      throw CommandFailure.ofFile(ExitCode.USAGE, "cannot read the recording in " + folder, e);
    }
  }

  static RecordingSource named(RecordingStore store, String name) {
    Recording found =
        store
            .find(name)
            .orElseThrow(() ->
                CommandFailure.usage(
                    "there is no recording '"
                        + name
                        + "' in the database and no folder of that name; `headroom recording list` shows"
                        + " what there is"));
    return new RecordingSource.Stored(found, false, store);
  }

  static RecordingSource everythingIn(TimeRange range, RecordingStore store) {
    List<InstanceId> instances =
        store.listInstances(range.startsAt(), range.endsAt()).stream().map(Instance::id).toList();
    if (instances.isEmpty()) {
      throw CommandFailure.noData(
          "nothing was recorded from "
              + range.startsAt()
              + " to "
              + range.endsAt()
              + "; run a collector, or `headroom lab run`");
    }
    return new RecordingSource.Stored(
        new Recording("range", range.startsAt(), range.endsAt(), instances, ""), true, store);
  }

  private static Optional<Path> findFolder(String name) {
    return Stream.of(Path.of(name), corpusFolder(name))
        .filter(folder ->
            Files.isRegularFile(folder.resolve(RecordingManifest.FILE_NAME))
                || isMeantAsPath(folder, name))
        .findFirst();
  }

  // A name with a slash is a folder even when there is none, so that the error speaks of the
  // folder.
  private static boolean isMeantAsPath(Path folder, String name) {
    return name.contains("/") && folder.equals(Path.of(name));
  }
}
