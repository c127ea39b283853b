package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.collector.flag.StopFile;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.store.Database;
import dev.headroom.store.GuardStopStore;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headroom stop-all}: every guard off, everywhere or on this node. */
@Command(
    name = "stop-all",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Turns every guard off, whatever the rollouts say, until the stop is lifted.",
      "Collectors are told by the database and obey at their next sample. With --node it is this node only,"
          + " and no database is needed."
    },
    footer = {
      "",
      "Example: headroom stop-all --reason 'errors in checkout'",
      "         headroom stop-all --lift --reason 'it was something else'",
      "         headroom stop-all --node --reason 'the database is gone'"
    })
final class StopAllCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Option(
      names = "--reason",
      paramLabel = "TEXT",
      required = true,
      description = "Why, for whoever finds the guards off; it is kept.")
  private String reason = "";

  @Option(names = "--lift", description = "End the stop: what the rollouts say holds again.")
  private boolean lift;

  @Option(
      names = "--node",
      description =
          "This node only, by a file in the collector's state directory. It beats every flag and outlives restarts.")
  private boolean node;

  @Option(
      names = {"--state", "--state-dir"},
      paramLabel = "FOLDER",
      description =
          "With --node: the collector's state directory. Default: `collector` in Headroom's home.")
  private @Nullable Path state;

  @Option(
      names = "--actor",
      paramLabel = "NAME",
      description = "Who does it. Default: the user of this process.")
  private String actor = System.getProperty("user.name", "unknown");

  @Mixin private final DatabaseOption database = new DatabaseOption();

  StopAllCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (reason.isBlank() || actor.isBlank()) {
      throw new CommandFailure(ExitCode.USAGE, "a stop says why and who: --reason and --actor");
    }
    if (state != null && !node) {
      throw new CommandFailure(ExitCode.USAGE, "--state needs --node beside it");
    }
    return node ? onThisNode() : everywhere();
  }

  private int everywhere() {
    try (OpenDatabase open = database.start(terminal);
        Database connected = Database.open(open.url().jdbc())) {
      GuardStopStore stops = new GuardStopStore(connected.dataSource());
      if (!lift) {
        stops.stop(actor, reason);
        terminal.say("every guard is told to be off; lift it with: headroom stop-all --lift");
      } else if (stops.lift(actor, reason).isPresent()) {
        terminal.say("the stop is lifted: the rollouts hold again");
      } else {
        terminal.say("no stop holds");
      }
      return ExitCode.OK;
    }
  }

  private int onThisNode() {
    Path directory =
        state == null
            ? HeadroomHome.locate(System.getenv()).directory().resolve("collector")
            : state;
    StopFile stop = new StopFile(directory);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    try {
      if (!lift) {
        stop.stop(reason, actor, now);
        terminal.say(
            "every guard of this node is off while %s is there; lift it with: headroom stop-all --node --lift"
                .formatted(stop.path()));
      } else if (stop.lift(reason, actor, now)) {
        terminal.say("the node's stop is lifted");
      } else {
        terminal.say("no stop holds on this node: there is no " + stop.path());
      }
      return ExitCode.OK;
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE,
          "the node's stop cannot be changed: %s; by hand: touch or rm %s"
              .formatted(e.getMessage(), stop.path()),
          e);
    }
  }
}
