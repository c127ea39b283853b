package dev.headroom.notebook;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The packaged {@code headroom}, as a process of its own. To be closed. */
final class HeadroomCommand implements AutoCloseable {

  /** Where this source tree begins. */
  static final Path ROOT =
      Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
          .filter(directory -> Files.isDirectory(directory.resolve(".mvn")))
          .findFirst()
          .orElseThrow();

  private static final int WAIT_SECONDS = 300;

  private final Process process;
  private final Path out;
  private final Path err;

  private HeadroomCommand(Process process, Path out, Path err) {
    this.process = process;
    this.out = out;
    this.err = err;
  }

  /**
   * Starts it.
   *
   * @param folder for what it writes, its home included
   * @param environment what differs from this process's
   */
  static HeadroomCommand start(Path folder, Map<String, String> environment, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>();
    // Whoever runs tests in the background may have them ignore Ctrl-C, and children inherit that.
    command.addAll(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dheadroom.root=" + ROOT,
            "-Djava.io.tmpdir=" + folder,
            "-jar",
            ROOT.resolve("backtest/launcher/target/headroom/headroom.jar").toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(folder, "out", "");
    Path err = Files.createTempFile(folder, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("HEADROOM_"));
    builder.environment().put("HEADROOM_HOME", folder.resolve("home").toString());
    builder.environment().putAll(environment);
    return new HeadroomCommand(builder.start(), out, err);
  }

  /** Runs it to its end, which must have this exit code. */
  static HeadroomCommand run(Path folder, int exitCode, String... arguments) throws Exception {
    return run(folder, Map.of(), exitCode, arguments);
  }

  /** The same in another environment. */
  static HeadroomCommand run(
      Path folder, Map<String, String> environment, int exitCode, String... arguments)
      throws Exception {
    try (HeadroomCommand command = start(folder, environment, arguments)) {
      assertThat(command.exitCode()).as(command.out() + command.err()).isEqualTo(exitCode);
      return command;
    }
  }

  ProcessHandle process() {
    return process.toHandle();
  }

  /** Waits for its end. */
  int exitCode() throws InterruptedException {
    assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
    return process.exitValue();
  }

  void signal(String name) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start().waitFor();
  }

  String out() throws IOException {
    return Files.readString(out);
  }

  String err() throws IOException {
    return Files.readString(err);
  }

  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }
}
