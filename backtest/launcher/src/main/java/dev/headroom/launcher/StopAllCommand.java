package dev.headroom.launcher;

import dev.headroom.cli.ActorOption;
import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.collector.flag.StopFile;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.model.rollout.GuardStop;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Map;
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

  @Option(names = "--json", description = "Print what holds now as JSON.")
  private boolean json;

  @Mixin private final ActorOption actor = new ActorOption();
  @Mixin private final DatabaseOption database = new DatabaseOption();

  StopAllCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (reason.isBlank()) {
      throw CommandFailure.usage("--reason takes words: they are all that says later why");
    }
    if (state != null && !node) {
      throw CommandFailure.usage("--state needs --node beside it");
    }
    GuardStop now = node ? onThisNode() : everywhere();
    terminal.print(json ? Json.write(asMap(now)) : sentence(now));
    return ExitCode.OK;
  }

  private GuardStop everywhere() {
    try (OpenDatabase open = database.startExisting(terminal)) {
      return lift
          ? open.stops().lift(actor.name(), reason).orElseThrow(StopAllCommand::nothingToLift)
          : open.stops().stop(actor.name(), reason);
    }
  }

  private GuardStop onThisNode() {
    Path directory =
        state == null
            ? HeadroomHome.locate(System.getenv()).directory().resolve("collector")
            : state;
    StopFile stop = new StopFile(directory);
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    try {
      if (!lift) {
        stop.stop(reason, actor.name(), now);
      } else if (!stop.lift(reason, actor.name(), now)) {
        throw nothingToLift();
      }
      return new GuardStop(!lift, actor.name(), reason, now);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE,
          "the node's stop cannot be changed: %s; by hand: touch or rm %s"
              .formatted(e.getMessage(), stop.path()),
          e);
    }
  }

  private static CommandFailure nothingToLift() {
    return CommandFailure.usage("no stop holds; there is nothing to lift");
  }

  private String sentence(GuardStop stop) {
    if (!stop.stopped()) {
      return "the stop is lifted; the rollouts hold again";
    }
    return node
        ? "every guard of this node is off; lift it with: headroom stop-all --node --lift --reason WHY"
        : "every guard is told to be off; lift it with: headroom stop-all --lift --reason WHY";
  }

  private static Map<String, Object> asMap(GuardStop stop) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("stopped", stop.stopped());
    map.put("actor", stop.actor());
    map.put("reason", stop.reason());
    map.put("occurred_at", stop.occurredAt().toString());
    return map;
  }
}
