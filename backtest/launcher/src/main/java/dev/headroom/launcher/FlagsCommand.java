package dev.headroom.launcher;

import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.model.Instance;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.store.FlagStateStore;
import dev.headroom.store.InstanceStore;
import dev.headroom.web.ofrep.FlagdDefinition;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headroom flags}: the flags that follow from the rollouts. */
@Command(
    name = "flags",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    description = "Shows the flags that the rollouts give every instance.",
    subcommands = {FlagsCommand.Export.class, HelpCommand.class})
final class FlagsCommand {

  private FlagsCommand() {}

  /** What an export can look like. */
  enum Format {
    FLAGD,
    JSON
  }

  @Command(
      name = "export",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description = {
        "Prints every known instance's flags: as a definition for flagd, or as plain JSON.",
        "flagd buckets by another hash, so its definition lists instances by id: export again when a rollout moves or an"
            + " instance is new. One that it does not list gets the default, which does nothing."
      })
  static final class Export implements Callable<Integer> {
    private final Terminal terminal;
    @Mixin private final DatabaseOption database = new DatabaseOption();

    @Option(
        names = "--format",
        paramLabel = "FORMAT",
        defaultValue = "flagd",
        description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Format format = Format.FLAGD;

    Export(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      FlagState state;
      List<Instance> instances;
      try (OpenDatabase open = database.start(terminal)) {
        state = new FlagStateStore(open.database().dataSource()).read();
        instances = new InstanceStore(open.database().dataSource()).list();
      }
      terminal.print(
          Json.write(
              format == Format.FLAGD
                  ? FlagdDefinition.of(state, instances)
                  : plain(state, instances)));
      return ExitCode.OK;
    }

    private static Map<String, Object> plain(FlagState state, List<Instance> instances) {
      Map<String, Object> root = new LinkedHashMap<>();
      root.put("revision", state.revision());
      root.put(
          "instances",
          instances.stream()
              .map(instance -> {
                Map<String, Object> fields = new LinkedHashMap<>();
                fields.put("instance_id", instance.id().toString());
                fields.put("labels", new TreeMap<>(instance.labels()));
                fields.put("flags", flags(state, instance));
                return fields;
              })
              .toList());
      return root;
    }

    private static Map<String, Object> flags(FlagState state, Instance instance) {
      Map<String, Object> flags = new LinkedHashMap<>();
      FlagEvaluation.list(state, instance.id(), instance.labels())
          .forEach(flag ->
              flags.put(
                  flag.key(),
                  Map.of(
                      "value",
                      flag.value(),
                      "variant",
                      flag.variant(),
                      "reason",
                      flag.reason().name().toLowerCase(Locale.ROOT),
                      "metadata",
                      new TreeMap<>(flag.metadata()))));
      return flags;
    }
  }
}
