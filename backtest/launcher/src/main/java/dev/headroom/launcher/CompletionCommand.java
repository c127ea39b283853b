package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.Terminal;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code headroom completion}: what a shell needs to complete our commands. */
@Command(
    name = "completion",
    mixinStandardHelpOptions = true,
    description = "Prints a script that lets a shell complete `headroom` and `backtest`.",
    footer = {
      "",
      "bash: source <(headroom completion bash)",
      "zsh:  source <(headroom completion zsh)"
    })
final class CompletionCommand implements Callable<Integer> {

  /** Makes zsh understand a script for bash. */
  private static final String FOR_ZSH =
      "autoload -Uz compinit bashcompinit && compinit && bashcompinit\n";

  private final Terminal terminal;

  @Parameters(paramLabel = "SHELL", description = "bash or zsh.")
  private String shell = "";

  CompletionCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (!List.of("bash", "zsh").contains(shell)) {
      throw CommandFailure.usage("completion is for bash or zsh, not '" + shell + "'");
    }
    CommandLine headroom = Headroom.commandLine(terminal);
    CommandLine backtest = headroom.getSubcommands().get("backtest");
    terminal.print(
        (shell.equals("zsh") ? FOR_ZSH : "")
            + AutoComplete.bash("headroom", headroom)
            + "\n"
            + AutoComplete.bash("backtest", backtest));
    return ExitCode.OK;
  }
}
