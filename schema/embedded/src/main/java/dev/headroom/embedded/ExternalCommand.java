package dev.headroom.embedded;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One run of another program: bounded in time, in the C locale, with standard output and error read
 * together and nothing on standard input.
 */
record ExternalCommand(
    List<String> command,
    Map<String, String> environment,
    @Nullable Path workingDirectory,
    Duration timeout) {

  /** What the program left behind. */
  record Result(List<String> command, int exitCode, String output) {

    boolean succeeded() {
      return exitCode == 0;
    }

    List<String> lines() {
      return output.lines().toList();
    }
  }

  private static final int MESSAGE_LINES = 15;

  ExternalCommand {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }

  static ExternalCommand of(List<String> command, Duration timeout) {
    return new ExternalCommand(command, Map.of(), null, timeout);
  }

  static ExternalCommand of(Duration timeout, String... command) {
    return of(List.of(command), timeout);
  }

  ExternalCommand with(Map<String, String> extraEnvironment) {
    return new ExternalCommand(command, extraEnvironment, workingDirectory, timeout);
  }

  ExternalCommand in(Path directory) {
    return new ExternalCommand(command, environment, directory, timeout);
  }

  /**
   * @throws EmbeddedDatabaseException when the program cannot be started or outlives its timeout
   */
  Result run() {
    Path output = null;
    try {
      output = Files.createTempFile("headroom-", ".out");
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectInput(Path.of("/dev/null").toFile())
              .redirectOutput(output.toFile());
      builder.environment().put("LC_ALL", "C");
      builder.environment().putAll(environment);
      if (workingDirectory != null) {
        builder.directory(workingDirectory.toFile());
      }
      int exitCode = waitFor(builder.start());
      return new Result(command, exitCode, read(output));
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot run " + describe() + ": " + e.getMessage(), e);
    } finally {
      deleteQuietly(output);
    }
  }

  /**
   * @throws EmbeddedDatabaseException also when the program exits with anything but 0; the message
   *     ends with its last lines
   */
  Result runOrThrow(String purpose) {
    Result result = run();
    if (!result.succeeded()) {
      throw new EmbeddedDatabaseException(
          "%s failed: %s exited with %d%n%s"
              .formatted(purpose, describe(), result.exitCode(), tail(result.output())));
    }
    return result;
  }

  /** Looks a program up in {@code PATH}, then where Debian keeps those for root. */
  static Optional<Path> find(String program) {
    String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
    return find(program, path + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin");
  }

  static Optional<Path> find(String program, String searchPath) {
    return Stream.of(searchPath.split(":"))
        .filter(directory -> !directory.isEmpty())
        .map(directory -> Path.of(directory, program))
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst();
  }

  /** The last lines of a program's output or of a log, for an error message. */
  static String tail(String output) {
    List<String> lines = output.lines().filter(line -> !line.isBlank()).toList();
    int from = Math.max(0, lines.size() - MESSAGE_LINES);
    return String.join(System.lineSeparator(), lines.subList(from, lines.size()));
  }

  private int waitFor(Process process) {
    try {
      if (process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        return process.exitValue();
      }
      destroy(process);
      throw new EmbeddedDatabaseException(
          "%s did not finish within %d s and was stopped"
              .formatted(describe(), timeout.toSeconds()));
    } catch (InterruptedException e) {
      destroy(process);
      Thread.currentThread().interrupt();
      throw new EmbeddedDatabaseException("interrupted while running " + describe(), e);
    }
  }

  private static void destroy(Process process) {
    List<ProcessHandle> family = new ArrayList<>(process.descendants().toList());
    family.add(process.toHandle());
    family.forEach(ProcessHandle::destroyForcibly);
  }

  /** The program without its arguments, which may be many or hold a secret. */
  private String describe() {
    return command.getFirst();
  }

  private static String read(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static void deleteQuietly(@Nullable Path file) {
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        file.toFile().deleteOnExit();
      }
    }
  }
}
