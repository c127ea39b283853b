package dev.headroom.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A process that Headroom started, told from a later one with the same pid by its start time.
 *
 * @param pid the process
 * @param startTicks field 22 of {@code /proc/<pid>/stat}
 */
public record OwnProcess(long pid, long startTicks) {

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** One that was written down. */
  public static OwnProcess of(long pid, long startTicks) {
    return new OwnProcess(pid, startTicks);
  }

  /** Whether it still runs; a zombie does not. */
  public boolean isAlive() {
    return findStat(pid).filter(stat -> stat.startTicks == startTicks && !stat.dead()).isPresent();
  }

  /**
   * Asks it to end, and kills it when it has not after a minute.
   *
   * @throws LabException when it does not end even so
   */
  public void end() {
    if (isAlive()) {
      ProcessHandle.of(pid).ifPresent(ProcessHandle::destroy);
      if (!awaitEnd(PATIENCE)) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        if (!awaitEnd(PATIENCE)) {
          throw new LabException("process %d does not end, even killed".formatted(pid));
        }
      }
    }
  }

  private boolean awaitEnd(Duration patience) {
    return awaitEnd(List.of(this), patience);
  }

  /** Whether all of them have ended, waited for at most that long. */
  static boolean awaitEnd(List<OwnProcess> processes, Duration patience) {
    long deadline = System.nanoTime() + patience.toNanos();
    for (OwnProcess process : processes) {
      while (process.isAlive()) {
        if (System.nanoTime() > deadline) {
          return false;
        }
        Pause.ofMillis(20);
      }
    }
    return true;
  }

  private static Optional<Stat> findStat(long pid) {
    try {
      String text =
          Files.readString(
              Path.of("/proc", Long.toString(pid), "stat"), StandardCharsets.ISO_8859_1);
      // The name may hold blanks and parentheses; the last parenthesis ends it.
      String[] field = text.substring(text.lastIndexOf(')') + 2).split(" ", -1);
      return Optional.of(new Stat(field[0].charAt(0), Long.parseLong(field[19])));
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The process's start time now, when there is one with this pid. */
  public static Optional<OwnProcess> find(long pid) {
    return findStat(pid).map(stat -> new OwnProcess(pid, stat.startTicks));
  }

  /** The anonymous memory of a process and all below it that is resident now. */
  static long residentAnonBytes(Process process) {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .mapToLong(each -> residentAnonBytes(each.pid()))
        .sum();
  }

  private static long residentAnonBytes(long pid) {
    try (Stream<String> lines = Files.lines(Path.of("/proc", Long.toString(pid), "status"))) {
      return lines
          .filter(line -> line.startsWith("RssAnon:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024)
          .sum();
    } catch (IOException | UncheckedIOException e) {
      // It has ended.
      return 0;
    }
  }

  private record Stat(char state, long startTicks) {
    boolean dead() {
      return state == 'Z' || state == 'X';
    }
  }
}
