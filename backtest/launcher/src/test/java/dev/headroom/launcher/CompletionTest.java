package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.headroom.cli.ExitCode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script that a shell sources really completes. */
final class CompletionTest {

  private static final Path BASH = Path.of("/bin/bash");

  @TempDir private Path folder;

  @Test
  void bash_completesCommandsAndOptions_ofBothNames() throws Exception {
    assumeThat(BASH).as("no bash on this machine").exists();
    Path script = folder.resolve("completion.bash");
    Files.writeString(script, CommandRun.piped("completion", "bash").exits(ExitCode.OK).out());

    assertThat(completed(script, "headroom", "headroom", "back")).contains("backtest");
    assertThat(completed(script, "headroom", "headroom", "backtest", "swe")).contains("sweep");
    assertThat(completed(script, "backtest", "backtest", "leak")).contains("leakcheck");
    assertThat(completed(script, "backtest", "backtest", "run", "--hold")).contains("--holdout");
  }

  @Test
  void zsh_getsTheSame_withItsOwnStart() {
    assertThat(CommandRun.piped("completion", "zsh").exits(ExitCode.OK).out())
        .startsWith("autoload -Uz compinit bashcompinit")
        .contains("_complete_backtest");
  }

  /** What bash offers for the last of these words. */
  private static List<String> completed(Path script, String command, String... words)
      throws IOException, InterruptedException {
    String line =
        """
        source "$1"; shift
        function=$(complete -p "$1" | sed 's/.* -F \\([^ ]*\\) .*/\\1/'); shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=${#COMP_LINE}
        "$function"
        printf '%s\\n' "${COMPREPLY[@]}"
        """;
    ProcessBuilder bash =
        new ProcessBuilder(BASH.toString(), "-c", line, "bash", script.toString());
    bash.command().add(command);
    bash.command().addAll(List.of(words));
    Process process = bash.redirectErrorStream(true).start();
    String offered = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return offered.lines().map(String::strip).toList();
  }
}
