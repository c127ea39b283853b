package dev.headroom.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The collector that watches the victims, as a process of its own, so that it can be killed. */
public final class LabCollector {

  private static final Duration START_TIMEOUT = Duration.ofMinutes(2);
  private static final Duration STOP_TIMEOUT = Duration.ofSeconds(90);

  private final RunFolder folder;
  private final List<String> command;
  private final Map<String, String> environment;
  private final Path log;
  private Process process;

  private LabCollector(RunFolder folder, List<String> command, Map<String, String> environment) {
    this.folder = folder;
    this.command = command;
    this.environment = environment;
    this.log = folder.directory().resolve("collector.log");
    this.process = launch();
  }

  static LabCollector start(RunFolder folder, CollectorCommand command, Path instancesFile) {
    return new LabCollector(folder, command.watching(instancesFile), command.environment());
  }

  /** The process of now, or the last one. */
  public long pid() {
    return process.pid();
  }

  /** Whether the process runs. */
  public boolean isAlive() {
    return process.isAlive();
  }

  /**
   * Waits until it says that it captures kills.
   *
   * @return whether it did in time
   * @throws LabException when it ended instead; the message ends with what it wrote
   */
  boolean awaitCapturing() {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!log().contains(CollectorCommand.CAPTURING)) {
      if (!process.isAlive()) {
        throw new LabException(
            "the collector ended with exit code %d:%n%s".formatted(process.exitValue(), log()));
      }
      if (System.nanoTime() > deadline) {
        return false;
      }
      Pause.ofMillis(50);
    }
    return true;
  }

  /** What it wrote on standard output and standard error since the run began. */
  public String log() {
    try {
      return Files.exists(log) ? Files.readString(log) : "";
    } catch (IOException e) {
      throw new LabException("cannot read %s: %s".formatted(log, e), e);
    }
  }

  /** SIGKILL: it can save nothing that it had not saved before. */
  public void kill() {
    process.destroyForcibly();
    awaitEnd();
  }

  /** Starts it again after {@link #kill}. */
  public void restart() {
    if (process.isAlive()) {
      throw new LabException("the collector still runs, as process " + process.pid());
    }
    process = launch();
  }

  /** Stops it in good order; it stores first what it has. */
  void stop() {
    process.destroy();
    awaitEnd();
  }

  private void awaitEnd() {
    try {
      if (!process.waitFor(STOP_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        throw new LabException(
            "the collector did not stop within %d s and was killed"
                .formatted(STOP_TIMEOUT.toSeconds()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }

  private Process launch() {
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().putAll(environment);
    return folder.startProcess(builder);
  }
}
