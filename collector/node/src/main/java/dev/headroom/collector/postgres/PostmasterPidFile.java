package dev.headroom.collector.postgres;

import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.kernel.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * {@code postmaster.pid}, which a postmaster fills line by line while it starts ({@code
 * miscadmin.h}, {@code LOCK_FILE_LINE_*}).
 *
 * @param pid as the server itself sees it
 * @param dataDirectory as the server itself sees it
 * @param port the TCP port and part of the socket's name; absent while not yet written
 * @param socketDirectory the first one; absent while not yet written or when there is none
 * @param status {@code starting}, {@code stopping}, {@code ready} or {@code standby}; absent while
 *     not yet written. It is not reset by crash recovery.
 */
public record PostmasterPidFile(
    int pid,
    String dataDirectory,
    @Nullable Integer port,
    @Nullable String socketDirectory,
    @Nullable String status) {

  private static final int STATUS_LINE = 8;

  /** Reads the file; empty when there is none, so no server runs there. */
  public static Optional<PostmasterPidFile> find(Path file) throws IOException {
    Optional<String> text = KernelFile.find(file);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    List<String> lines = text.get().lines().map(String::strip).toList();
    try {
      @Nullable String port = line(lines, 4);
      return Optional.of(
          new PostmasterPidFile(
              // A standalone backend writes its pid negative.
              Math.abs(Integer.parseInt(lines.getFirst())),
              lines.get(1),
              port == null ? null : Integer.valueOf(port),
              line(lines, 5),
              line(lines, STATUS_LINE)));
    } catch (NumberFormatException | IndexOutOfBoundsException | NoSuchElementException malformed) {
      throw new MalformedFileException(
          file, "a pid, a data directory, a start time and a port on a line each", text.get());
    }
  }

  private static @Nullable String line(List<String> lines, int number) {
    return number <= lines.size() && !lines.get(number - 1).isEmpty()
        ? lines.get(number - 1)
        : null;
  }
}
