package dev.headroom.cli;

import dev.headroom.engine.fleet.FleetGenerator;
import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.engine.recording.WriteOptions;
import dev.headroom.model.InstanceRecording;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code backtest generate}: a made-up fleet as a recording's folder. */
@Command(
    name = "generate",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes a fleet up and writes it as a recording, to try sizes and speed with.",
      "It resembles the lab's recordings; its kills prove nothing about any formula."
    },
    footer = {
      "",
      "Example: backtest generate --instances 10 --days 0.5 --out fleet && backtest run --library --recording ./fleet"
    })
final class GenerateCommand implements Callable<Integer> {

  private static final double SECONDS_PER_DAY = 86_400;

  private final Terminal terminal;

  @Option(
      names = "--instances",
      paramLabel = "N",
      description = "How many instances. Default: ${DEFAULT-VALUE}.",
      defaultValue = "10")
  private int instances;

  @Option(
      names = "--days",
      paramLabel = "D",
      description = "How long each is recorded, at one sample a second. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private double days;

  @Option(
      names = "--clients",
      paramLabel = "N",
      description = "Client backends of each instance. Default: ${DEFAULT-VALUE}.",
      defaultValue = "8")
  private int clients;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of everything drawn by chance. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private long seed;

  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      required = true,
      description = "The folder to write, which is not there yet.")
  private Path out = Path.of("fleet");

  GenerateCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    FleetGenerator fleet = new FleetGenerator(spec());
    RecordingCache cache = EngineSource.cache(terminal);
    try {
      terminal.withProgress(
          "generating",
          "instances",
          instances,
          step -> {
            Iterator<InstanceRecording> each =
                fleet.instances().stream()
                    .map(instance -> {
                      InstanceRecording made = fleet.inMemory(instance, cache);
                      step.run();
                      return made;
                    })
                    .iterator();
            return write(fleet, each);
          });
    } catch (UncheckedIOException e) {
      IOException cause = e.getCause();
      throw CommandFailure.ofFile(
          ExitCode.UNAVAILABLE,
          "cannot write the fleet to " + out,
          cause == null ? new IOException(e) : cause);
    }
    terminal.say("made up " + fleet.recording().instances().size() + " instances in " + out);
    return ExitCode.OK;
  }

  private Path write(FleetGenerator fleet, Iterator<InstanceRecording> each) {
    try {
      Path parent = out.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      RecordingDirectory.write(
          out, fleet.recording(), each, WriteOptions.of("headroom backtest generate"));
      return out;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private FleetSpec spec() {
    try {
      Duration length = Duration.ofSeconds((long) (days * SECONDS_PER_DAY));
      return new FleetSpec(instances, length, Duration.ofSeconds(1), clients, true, seed);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }
}
