package dev.headroom.cli;

import picocli.CommandLine.Command;

/** {@code backtest}: replays formulas over what was recorded. */
@Command(
    name = "backtest",
    mixinStandardHelpOptions = true,
    description =
        "Replays limit formulas over recorded OOM kills and says which would have prevented them.",
    footer = {"", "Example: backtest run --formula 'memory_max - (shmem + page_tables + 100MiB)'"},
    subcommands = {
      RunCommand.class,
      SweepCommand.class,
      TuneCommand.class,
      WalkCommand.class,
      DiffCommand.class,
      ParityCommand.class,
      LeakCheckCommand.class,
      ShowCommand.class,
      VerifyCommand.class,
      ExportCommand.class,
      PromoteCommand.class,
      ExplainCommand.class,
      FormulasCommand.class,
      FmtCommand.class,
      TestCommand.class,
      CacheCommand.class,
      GenerateCommand.class
    })
public final class BacktestCommand {

  private BacktestCommand() {}
}
