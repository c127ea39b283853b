package dev.headroom.collector.flag;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Optional;

/**
 * The stop of one node: while this file is there, every guard of the node is off. It needs neither
 * a database nor this program: {@code touch} makes it, {@code rm} takes it away. Its text says why,
 * who and when; any text counts, also none.
 */
public final class StopFile {

  private static final String NAME = "stop";
  private static final String LOG_NAME = "stop.log";

  private final Path file;
  private final Path log;

  /**
   * @param stateDirectory the collector's
   */
  public StopFile(Path stateDirectory) {
    this.file = stateDirectory.resolve(NAME);
    this.log = stateDirectory.resolve(LOG_NAME);
  }

  public Path path() {
    return file;
  }

  /**
   * Why every guard is to be off; empty when they are not. What cannot be read counts as a stop.
   */
  public Optional<String> findReason() {
    if (Files.notExists(file)) {
      return Optional.empty();
    }
    try {
      String text = Files.readString(file, StandardCharsets.UTF_8).strip();
      return Optional.of(text.isEmpty() ? "no reason is given" : text);
    } catch (NoSuchFileException lifted) {
      return Optional.empty();
    } catch (IOException unreadable) {
      return Optional.of("%s cannot be read (%s)".formatted(file, unreadable.getMessage()));
    }
  }

  /**
   * Stops every guard of the node.
   *
   * @throws IOException when the file cannot be written; then nothing is stopped
   */
  public void stop(String reason, String actor, Instant at) throws IOException {
    Files.createDirectories(file.toAbsolutePath().getParent());
    Path next = file.resolveSibling(NAME + ".next");
    Files.writeString(next, "%s (by %s at %s)%n".formatted(reason, actor, at));
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    note("stopped", reason, actor, at);
  }

  /**
   * Lifts the stop.
   *
   * @return whether there was one
   * @throws IOException when it cannot be lifted
   */
  public boolean lift(String reason, String actor, Instant at) throws IOException {
    boolean lifted = Files.deleteIfExists(file);
    if (lifted) {
      note("lifted", reason, actor, at);
    }
    return lifted;
  }

  private void note(String what, String reason, String actor, Instant at) throws IOException {
    Files.writeString(
        log,
        "%s %s by %s: %s%n".formatted(at, what, actor, reason),
        StandardOpenOption.CREATE,
        StandardOpenOption.APPEND);
  }
}
