package dev.headroom.cli;

import dev.headroom.engine.casefile.CaseFileRun;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code backtest test}: worked examples that must hold. */
@Command(
    name = "test",
    mixinStandardHelpOptions = true,
    description = "Replays worked examples and compares what came out with what they expect.",
    footer = {"", "Exit codes: 0 all hold, 1 one does not, 2 a file is wrong."})
final class TestCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(arity = "1..*", paramLabel = "FILE", description = "YAML files of cases.")
  private List<Path> files = List.of();

  TestCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    CaseFileRun run = CaseFileRun.of(files);
    terminal.print(run.describe());
    return run.exitCode();
  }
}
