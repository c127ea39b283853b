package dev.headroom.cli;

import dev.headroom.model.rollout.GuardStop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headroom stop-all}: every guard off everywhere. */
@Command(
    name = "stop-all",
    mixinStandardHelpOptions = true,
    description = "Turns every guard off everywhere, whatever the rollouts say, or ends that.",
    footer = {
      "",
      "Rollouts stay where they are and hold again when the stop is lifted.",
      "Examples:",
      "  headroom stop-all --reason 'errors in billing'",
      "  headroom stop-all --lift --reason 'it was the workload'"
    })
public final class StopAllCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Option(names = "--lift", description = "End the stop; the rollouts hold again.")
  private boolean lift;

  @Option(
      names = "--reason",
      required = true,
      paramLabel = "TEXT",
      description = "Why, for the audit.")
  private String reason = "";

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
    try (OpenDatabase open = database.startExisting(terminal)) {
      GuardStop now =
          lift
              ? open.stops()
                  .lift(actor.name(), reason)
                  .orElseThrow(
                      () -> CommandFailure.usage("no stop holds; there is nothing to lift"))
              : open.stops().stop(actor.name(), reason);
      terminal.print(json ? Json.write(asMap(now)) : sentence(now));
    }
    return ExitCode.OK;
  }

  private static String sentence(GuardStop stop) {
    return stop.stopped()
        ? "every guard is told to be off; lift it with: headroom stop-all --lift --reason WHY"
        : "the stop is lifted; the rollouts hold again";
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
