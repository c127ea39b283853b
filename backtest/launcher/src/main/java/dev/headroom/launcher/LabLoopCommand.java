package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Json;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.VerdictText;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Fleet;
import dev.headroom.model.GuardMode;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headroom lab loop}: from the kill to the guard that prevents it, and back again. */
@Command(
    name = "loop",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Stands a fleet of servers and closes the loop on it: real kills without a guard, a backtest over exactly those,"
          + " the winner up the ladder to enforce, the same load under it. Then a policy that is bad, which the guardrail"
          + " takes back; then the stop of every guard, with a database and without. At the end who did what, and one"
          + " block followed back to its recording.",
      "Gates ask for seconds where they ask for days on real servers; what they do not open, the approver answers for."
    },
    footer = {
      "",
      "Exit code 1: the loop did not hold; the last lines say what did not.",
      "Example: headroom lab loop --servers 8 --rounds 2"
    })
final class LabLoopCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Option(
      names = "--servers",
      paramLabel = "N",
      defaultValue = "6",
      description = "How many servers, each in a cgroup of its own. Default: ${DEFAULT-VALUE}.")
  private int servers;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "2",
      description = "How often the load is run before, and again after. Default: ${DEFAULT-VALUE}.")
  private int rounds;

  @Option(
      names = "--parallel",
      paramLabel = "N",
      defaultValue = "3",
      description = "How many servers are loaded at a time. Default: ${DEFAULT-VALUE}.")
  private int parallelism;

  @Option(
      names = "--approver",
      paramLabel = "NAME",
      description = "Who answers for what the gates do not open. Default: the user's name.")
  private @Nullable String approver;

  @Option(
      names = {"--postgres", "--pg-config"},
      paramLabel = "15|17|FILE",
      description =
          "Use the Postgres of this major version, or of this pg_config. Default: 17, the private one.")
  private @Nullable String postgres;

  @Option(names = "--json", description = "Print JSON.")
  private boolean json;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  LabLoopCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    LabCommand.requireOneOrMore("--rounds", rounds);
    LabCommand.requireOneOrMore("--parallel", parallelism);
    if (servers < Fleet.SMALLEST) {
      throw CommandFailure.usage(
          "--servers takes %d or more, one of which is held out, not %d"
              .formatted(Fleet.SMALLEST, servers));
    }
    return OrderlyEnd.of(terminal, this::closeTheLoop);
  }

  private int closeTheLoop(OrderlyEnd end) {
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    PostgresInstall install =
        new PostgresChoice(terminal, home).install(postgres, GuardMode.ENFORCE);
    OpenDatabase open = database.start(terminal);
    try (OrderlyEnd.Undo _ = end.atEnd(open::close)) {
      LoopRun.requireOwnDatabase(open);
      try (FleetSession session =
          FleetSession.open(
              terminal, open, home, install, LoopRun.scenarios(servers), parallelism, end)) {
        Consumer<String> results = json ? _ -> {} : terminal::print;
        LoopReport report =
            new LoopRun(
                    terminal,
                    results,
                    judged -> results.accept(VerdictText.of(judged, terminal)),
                    open,
                    session,
                    end,
                    rounds,
                    approver == null ? System.getProperty("user.name") : approver)
                .run(1);
        if (json) {
          terminal.print(Json.write(report.asMap()));
        }
        terminal.say("the loop took " + report.elapsed().toSeconds() + " s");
        report.faults().forEach(fault -> terminal.say("it did not hold: " + fault));
        return report.faults().isEmpty() ? ExitCode.OK : ExitCode.FAILED;
      }
    }
  }
}
