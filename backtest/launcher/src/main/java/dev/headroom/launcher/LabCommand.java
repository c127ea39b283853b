package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Lab;
import dev.headroom.lab.Scenario;
import dev.headroom.lab.ScenarioResult;
import dev.headroom.lab.Scenarios;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom lab}: makes real OOM kills of a real Postgres. */
@Command(
    name = "lab",
    mixinStandardHelpOptions = true,
    description =
        "Makes real OOM kills of a real Postgres in memory cgroups of its own, and records them.",
    subcommands = {
      LabCommand.ListAll.class,
      LabCommand.Run.class,
      LabCompareCommand.class,
      LabLoopCommand.class,
      LabArenaCommand.class,
      LabCommand.Clean.class
    })
final class LabCommand {

  private LabCommand() {}

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Lists the scenarios.")
  static final class ListAll implements Callable<Integer> {
    private final Terminal terminal;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    ListAll(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      if (json) {
        terminal.print(Json.write(Scenarios.list().stream().map(LabCommand::asMap).toList()));
        return ExitCode.OK;
      }
      TextTable table = new TextTable("scenario", "must", "limit", "what happens", "shows");
      Scenarios.list()
          .forEach(each ->
              table.add(
                  each.name(),
                  expectation(each),
                  (each.memoryMaxBytes() >> 20) + " MiB",
                  each.title(),
                  each.shows()));
      terminal.print(table.render(terminal));
      return ExitCode.OK;
    }
  }

  @Command(
      name = "run",
      mixinStandardHelpOptions = true,
      sortOptions = false,
      description =
          "Runs scenarios with a collector attached, stores what it saw and names the recording.",
      footer = {
        "",
        "Exit code 1: a scenario did not do what it must, or a kill is missing in the database.",
        "Example: headroom lab run huge-sort near-miss --rounds 3",
        "         headroom lab run huge-sort --guard enforce --limit talk"
      })
  static final class Run implements Callable<Integer> {
    private final Terminal terminal;

    @Parameters(paramLabel = "SCENARIO", description = "Which; default: all.")
    private List<String> names = List.of();

    @Option(
        names = "--rounds",
        paramLabel = "N",
        defaultValue = "1",
        description = "How often each load is run. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
        names = "--parallel",
        paramLabel = "N",
        defaultValue = "1",
        description = "How many scenarios run at a time. Default: ${DEFAULT-VALUE}.")
    private int parallelism;

    @Mixin private final GuardOption guard = new GuardOption();

    @Option(
        names = {"--postgres", "--pg-config"},
        paramLabel = "15|17|FILE",
        description =
            "Kill the Postgres of this major version, or of this pg_config. Default: 17, the private one.")
    private @Nullable String postgres;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    @Mixin private final DatabaseOption database = new DatabaseOption();

    Run(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      requireOneOrMore("--rounds", rounds);
      requireOneOrMore("--parallel", parallelism);
      List<Scenario> scenarios =
          names.isEmpty() ? Scenarios.list() : names.stream().map(LabCommand::find).toList();
      HeadroomHome home = HeadroomHome.locate(System.getenv());
      GuardChoice guarded = guard.choice();
      PostgresInstall install =
          new PostgresChoice(terminal, home).install(postgres, guarded.mode());
      try (OpenDatabase open = database.start(terminal)) {
        LabSession.Result result =
            new LabSession(terminal, open, database.arguments(), home)
                .run(install, scenarios, rounds, parallelism, guarded);
        terminal.print(json ? Json.write(asMap(result)) : render(result));
        terminal.say("recording " + result.recording().name() + " is stored");
        return result.everyKillIsStored() && result.report().unexpected().isEmpty()
            ? ExitCode.OK
            : ExitCode.FAILED;
      }
    }

    private String render(LabSession.Result result) {
      TextTable table =
          new TextTable(
              "scenario",
              "must",
              "outcome",
              "as expected",
              "blocks",
              "would-blocks",
              "bystanders harmed",
              "peak",
              "seconds");
      for (ScenarioResult each : result.report().results()) {
        table.add(
            each.scenario().name(),
            expectation(each.scenario()),
            each.outcome(),
            each.asExpected() ? "yes" : "no",
            each.blocks(),
            each.wouldBlocks(),
            each.sessions().bystandersHarmed(),
            peakMib(each) + " MiB",
            "%.1f".formatted(each.elapsed().toMillis() / 1000.0));
      }
      return table.render(terminal)
          + "%nthe kernel counted %d kills, %d are stored%n"
              .formatted(result.report().oomKills(), result.storedKills().size());
    }
  }

  @Command(
      name = "clean",
      mixinStandardHelpOptions = true,
      description = "Removes what a lab left that was killed: processes, cgroups, folders.")
  static final class Clean implements Callable<Integer> {
    private final Terminal terminal;

    Clean(Terminal terminal) {
      this.terminal = terminal;
    }

    @Override
    public Integer call() {
      int runs = Lab.cleanUp(LabSession.stateDirectory(HeadroomHome.locate(System.getenv())));
      terminal.say(
          runs == 0 ? "there was nothing to remove" : "removed what " + runs + " runs had left");
      return ExitCode.OK;
    }
  }

  static Scenario find(String name) {
    return Scenarios.find(name)
        .orElseThrow(() ->
            CommandFailure.usage(
                "no scenario is named '"
                    + name
                    + "'; there are "
                    + String.join(", ", Scenarios.list().stream().map(Scenario::name).toList())));
  }

  static void requireOneOrMore(String option, int given) {
    if (given < 1) {
      throw CommandFailure.usage(option + " takes 1 or more, not " + given);
    }
  }

  private static String expectation(Scenario scenario) {
    return scenario.expectation() == Scenario.Expectation.KILLS ? "kill" : "survive";
  }

  private static long peakMib(ScenarioResult result) {
    return result.victims().stream().mapToLong(victim -> victim.peakBytes() >> 20).max().orElse(0);
  }

  private static Map<String, Object> asMap(Scenario scenario) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", scenario.name());
    fields.put("title", scenario.title());
    fields.put("must", expectation(scenario));
    fields.put("memory_max_bytes", scenario.memoryMaxBytes());
    fields.put("shows", scenario.shows());
    fields.put(
        "needs",
        scenario.needs().stream()
            .map(need -> need.name().toLowerCase(Locale.ROOT))
            .sorted()
            .toList());
    return fields;
  }

  private static Map<String, Object> asMap(LabSession.Result result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("recording", result.recording().name());
    fields.put("kernel_oom_kills", result.report().oomKills());
    fields.put("stored_oom_kills", result.storedKills().size());
    fields.put(
        "scenarios",
        result.report().results().stream()
            .map(each -> {
              Map<String, Object> scenario = new LinkedHashMap<>();
              scenario.put("name", each.scenario().name());
              scenario.put("must", expectation(each.scenario()));
              scenario.put("outcome", each.outcome().toString());
              scenario.put("as_expected", each.asExpected());
              scenario.put("oom_kills", each.oomKills());
              scenario.put("refused_statements", each.sessions().refused());
              scenario.put("blocks", each.blocks());
              scenario.put("would_blocks", each.wouldBlocks());
              scenario.put("bystanders_harmed", each.sessions().bystandersHarmed());
              scenario.put("elapsed_ms", each.elapsed().toMillis());
              return scenario;
            })
            .toList());
    return fields;
  }
}
