package dev.headroom.launcher;

import dev.headroom.cli.BacktestCommand;
import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.RecordingCommand;
import dev.headroom.cli.RolloutCommand;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.EmbeddedDatabaseException;
import dev.headroom.engine.backtest.BacktestCancelledException;
import dev.headroom.engine.recording.RecordingException;
import dev.headroom.lab.LabException;
import dev.headroom.promotion.PromotionRefusedException;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.RolloutConflictException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.HelpCommand;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code headroom} command: every module's commands under one root. */
@Command(
    name = "headroom",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "Backtests memory limits for Postgres in containers against real OOM kills.",
    footer = {
      "",
      "Start with: headroom demo",
      "Exit codes: 0 done, 1 a check does not hold, 2 wrong arguments, 3 inconclusive, 4 no data,",
      "5 something is missing on this machine."
    },
    subcommands = {
      DemoCommand.class,
      BacktestCommand.class,
      CollectCommand.class,
      LabCommand.class,
      GuardCommand.class,
      StopAllCommand.class,
      WebCommand.class,
      NotebookCommand.class,
      TokenCommand.class,
      FlagsCommand.class,
      RecordingCommand.class,
      RolloutCommand.class,
      DbCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    })
public final class Headroom {

  private Headroom() {}

  /** Runs one command and exits with its code. */
  public static void main(String[] args) {
    System.setProperty("org.jooq.no-logo", "true");
    System.setProperty("org.jooq.no-tips", "true");
    System.exit(run(Terminal.ofProcess(), args));
  }

  /** Runs one command; never exits the process. */
  static int run(Terminal terminal, String... args) {
    return commandLine(terminal).execute(args);
  }

  /** The whole tree of commands. */
  static CommandLine commandLine(Terminal terminal) {
    return new CommandLine(new Headroom(), new CommandFactory(terminal))
        .setOut(terminal.out())
        .setErr(terminal.err())
        .setCaseInsensitiveEnumValuesAllowed(true)
        // --formula @FILE is read by its option; picocli would split the file into arguments.
        .setExpandAtFiles(false)
        .setParameterExceptionHandler((failure, _) -> misused(failure, terminal))
        .setExecutionExceptionHandler((failure, command, parsed) -> explain(failure, terminal));
  }

  /** Says what is wrong and where help is; the whole help would push that off the screen. */
  private static int misused(ParameterException failure, Terminal terminal) {
    CommandLine command = failure.getCommandLine();
    terminal.say("headroom: " + failure.getMessage());
    if (!command.getSubcommands().isEmpty()) {
      command.usage(terminal.err());
    } else {
      UnmatchedArgumentException.printSuggestions(failure, terminal.err());
      terminal.say(
          "  `" + command.getCommandSpec().qualifiedName() + " --help` says what it takes");
    }
    return ExitCode.USAGE;
  }

  private static int explain(Exception failure, Terminal terminal) {
    if (System.getenv("HEADROOM_DEBUG") != null) {
      failure.printStackTrace(terminal.err());
    }
    Integer exitCode =
        switch (failure) {
          case CommandFailure known -> known.exitCode();
          case EmbeddedDatabaseException _, LabException _ -> ExitCode.UNAVAILABLE;
          case DatabaseException _ -> ExitCode.UNAVAILABLE;
          case RecordingException _ -> ExitCode.USAGE;
          case RolloutConflictException _ -> ExitCode.FAILED;
          case PromotionRefusedException refused ->
              refused.evaluation().isPresent() ? ExitCode.FAILED : ExitCode.USAGE;
          case BacktestCancelledException _ -> ExitCode.CANCELLED;
          default -> null;
        };
    if (exitCode != null) {
      terminal.say("headroom: " + failure.getMessage());
      return exitCode;
    }
    terminal.say("headroom: this should not have happened: " + failure);
    terminal.say("  HEADROOM_DEBUG=1 prints where; please report it with what you ran.");
    return ExitCode.INTERNAL;
  }
}
