package dev.headroom.cli;

import dev.headroom.engine.recording.RecordingCache;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A cache in the folder for temporary files, for one command on a machine whose own cache cannot be
 * written. It is deleted when it is closed, and also when Ctrl-C ends the program.
 */
final class PassingCache implements AutoCloseable {

  /** Threads that still read add files while they are deleted, but not for long. */
  private static final int ATTEMPTS = 50;

  private static final long BETWEEN_ATTEMPTS_MS = 20;

  private final RecordingCache recordings;
  private final Path folder;
  private final Thread atExit;

  private PassingCache(RecordingCache recordings, Path folder) {
    this.recordings = recordings;
    this.folder = folder;
    this.atExit = new Thread(this::delete, "delete " + folder);
  }

  /**
   * Makes one.
   *
   * @throws CommandFailure when there is no place for it
   */
  static PassingCache make(Terminal terminal) {
    try {
      Path folder = Files.createTempDirectory("headroom-cache");
      PassingCache made =
          new PassingCache(
              new RecordingCache(folder, RecordingCache.DEFAULT_BYTES, terminal::say), folder);
      Runtime.getRuntime().addShutdownHook(made.atExit);
      return made;
    } catch (IOException e) {
      throw CommandFailure.ofFile(
          ExitCode.UNAVAILABLE, "there is no folder for what is read; set HEADROOM_HOME", e);
    }
  }

  RecordingCache recordings() {
    return recordings;
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(atExit);
    } catch (IllegalStateException e) {
      return; // the program is ending, and the hook deletes it
    }
    delete();
  }

  private void delete() {
    for (int attempt = 1; ; attempt++) {
      try {
        recordings.clear();
        Files.deleteIfExists(folder);
        return;
      } catch (DirectoryNotEmptyException e) {
        if (attempt == ATTEMPTS) {
          throw new UncheckedIOException("cannot delete " + folder, e);
        }
        pause();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot delete " + folder, e);
      }
    }
  }

  private static void pause() {
    try {
      Thread.sleep(BETWEEN_ATTEMPTS_MS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
