package dev.headroom.launcher;

import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Scenario;
import dev.headroom.lab.Scenarios;
import dev.headroom.model.GuardMode;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code headroom lab compare}: the same scenarios without the guard and with it. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs scenarios without the guard and then with it, and prints both outcomes side by side.",
    footer = {
      "",
      "Exit code 1: under the guard somebody was killed, or a session was lost or harmed.",
      "Example: headroom lab compare --limit talk --postgres 15 --postgres 17"
    })
final class LabCompareCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(paramLabel = "SCENARIO", description = "Which; default: all.")
  private List<String> names = List.of();

  @Option(
      names = "--limit",
      paramLabel = "TEXT|@FILE|NAME",
      defaultValue = "talk",
      description = "The formula that the guard enforces. Default: ${DEFAULT-VALUE}.")
  private String limit = "talk";

  @Option(
      names = "--postgres",
      paramLabel = "15|17|FILE",
      description =
          "A Postgres to do it with: a major version, or a pg_config. May be given several times. Default: 17.")
  private List<String> versions = List.of("17");

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many scenarios run at a time. Default: ${DEFAULT-VALUE}.")
  private int parallelism;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  LabCompareCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    LabCommand.requireOneOrMore("--parallel", parallelism);
    List<Scenario> scenarios =
        names.isEmpty() ? Scenarios.list() : names.stream().map(LabCommand::find).toList();
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    PostgresChoice choice = new PostgresChoice(terminal, home);
    List<PostgresInstall> installs =
        versions.stream().map(version -> choice.install(version, GuardMode.ENFORCE)).toList();
    GuardComparison comparison = new GuardComparison();
    try (OpenDatabase open = database.start(terminal)) {
      LabSession session = new LabSession(terminal, open, database.arguments(), home);
      for (PostgresInstall install : installs) {
        terminal.say(install.describe() + ", without the guard");
        LabSession.Result before = session.run(install, scenarios, 1, parallelism, GuardChoice.OFF);
        terminal.say(install.describe() + ", with the guard enforcing " + limit);
        LabSession.Result after =
            session.run(install, scenarios, 1, parallelism, GuardChoice.enforcing(limit));
        comparison.add(install, before, after);
      }
    }
    terminal.print(json ? Json.write(comparison.asMaps()) : comparison.render(terminal));
    return comparison.guardHeld() ? ExitCode.OK : ExitCode.FAILED;
  }
}
