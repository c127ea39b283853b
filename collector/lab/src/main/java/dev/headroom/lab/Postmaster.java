package dev.headroom.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Stops servers, and takes away the shared memory of those that could not do it themselves. */
final class Postmaster {

  private static final Duration FAST = Duration.ofSeconds(8);
  private static final Duration IMMEDIATE = Duration.ofSeconds(30);
  private static final int SHARED_MEMORY_LINE = 6;

  private Postmaster() {}

  /**
   * Stops the servers of these data folders. Only a process among {@code ownPids} is ever
   * signalled. What else runs among them is the caller's to kill; the shared memory it maps is
   * removed here.
   */
  static void stopAll(List<Path> dataDirectories, Collection<Long> ownPids) {
    List<OwnProcess> postmasters =
        dataDirectories.stream()
            .flatMap(data -> readPid(data).stream())
            .filter(ownPids::contains)
            .flatMap(pid -> OwnProcess.find(pid).stream())
            .toList();
    signal(postmasters, "INT");
    if (!OwnProcess.awaitEnd(postmasters, FAST)) {
      signal(postmasters, "QUIT");
      OwnProcess.awaitEnd(postmasters, IMMEDIATE);
    }
    for (Path data : dataDirectories) {
      removeSystemVSegment(data);
    }
  }

  /** The pid in the data folder's {@code postmaster.pid}; an orderly end deletes the file. */
  static Optional<Long> readPid(Path dataDirectory) {
    return readLine(dataDirectory, 0).map(Long::valueOf);
  }

  private static void signal(List<OwnProcess> processes, String signal) {
    for (OwnProcess process : processes) {
      if (process.isAlive()) {
        run(
            List.of(
                "/bin/sh", "-c", "kill -s \"$0\" \"$1\"", signal, Long.toString(process.pid())));
      }
    }
  }

  /** A server that was killed leaves the small System V segment that guards its data folder. */
  private static void removeSystemVSegment(Path dataDirectory) {
    readLine(dataDirectory, SHARED_MEMORY_LINE)
        .map(line -> line.strip().split("\\s+"))
        .filter(field -> field.length == 2)
        .ifPresent(field -> run(List.of("ipcrm", "-m", Objects.requireNonNull(field[1]))));
  }

  private static Optional<String> readLine(Path dataDirectory, int index) {
    try {
      List<String> lines = Files.readAllLines(dataDirectory.resolve("postmaster.pid"));
      return index < lines.size() ? Optional.of(lines.get(index).strip()) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static void run(List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.waitFor();
    } catch (IOException e) {
      throw new LabException("cannot run %s: %s".formatted(command, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
