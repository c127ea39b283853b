package dev.headroom.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What {@code postmaster.pid} in a data folder says. The file outlives a killed server, so its
 * process must be looked at too.
 *
 * @param pid of the postmaster
 * @param startedAt to the second
 * @param port of the sockets
 * @param socketDirectory first folder with a Unix socket; empty when there is none
 * @param state as the server writes it: {@code starting}, {@code ready}, {@code stopping} …
 */
record PostmasterFile(
    long pid, Instant startedAt, int port, Optional<Path> socketDirectory, String state) {

  private static final String NAME = "postmaster.pid";
  private static final int LINES_WHEN_COMPLETE = 8;

  static Path in(Path dataDirectory) {
    return dataDirectory.resolve(NAME);
  }

  boolean ready() {
    return state.equals("ready");
  }

  /**
   * The file's content, if it is there and complete: a server that has only begun to start has not
   * written every line.
   */
  static Optional<PostmasterFile> find(Path dataDirectory) {
    List<String> lines;
    try {
      lines = Files.readAllLines(in(dataDirectory), StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (AccessDeniedException e) {
      throw new EmbeddedDatabaseException(
          "may not read %s: the database belongs to another user; run Headroom as that user or as root"
              .formatted(in(dataDirectory)),
          e);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot read " + in(dataDirectory) + ": " + e, e);
    }
    if (lines.size() < LINES_WHEN_COMPLETE) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new PostmasterFile(
              Long.parseLong(lines.get(0).strip()),
              Instant.ofEpochSecond(Long.parseLong(lines.get(2).strip())),
              Integer.parseInt(lines.get(3).strip()),
              Optional.of(lines.get(4).strip()).filter(line -> !line.isEmpty()).map(Path::of),
              lines.get(7).strip()));
    } catch (NumberFormatException e) {
      throw new EmbeddedDatabaseException(
          "%s is malformed: %s; if no Postgres runs on that folder, delete the file"
              .formatted(in(dataDirectory), e.getMessage()),
          e);
    }
  }

  /** The pid alone, which the server writes first; empty when there is no file or no pid in it. */
  static Optional<Long> findPid(Path dataDirectory) {
    try {
      return Files.readString(in(dataDirectory))
          .lines()
          .findFirst()
          .map(String::strip)
          .filter(line -> line.matches("\\d{1,18}"))
          .map(Long::parseLong);
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /**
   * Whether a live process is the postmaster of a data folder. Looks at its command line, which
   * everybody may read, because a pid alone may have been given to another process since.
   */
  static boolean isPostmaster(long pid, Path dataDirectory) {
    try {
      byte[] raw = Files.readAllBytes(Path.of("/proc", Long.toString(pid), "cmdline"));
      List<String> arguments =
          Arrays.asList(new String(raw, StandardCharsets.UTF_8).split("\0", -1));
      Path program = Path.of(arguments.getFirst()).getFileName();
      int option = arguments.indexOf("-D");
      return program != null
          && program.toString().startsWith("postgres")
          && option >= 0
          && option + 1 < arguments.size()
          && isSame(Path.of(arguments.get(option + 1)), dataDirectory);
    } catch (IOException e) {
      return false;
    }
  }

  /** A folder may be reached by several names. */
  private static boolean isSame(Path left, Path right) throws IOException {
    return left.equals(right) || (Files.exists(left) && Files.isSameFile(left, right));
  }
}
