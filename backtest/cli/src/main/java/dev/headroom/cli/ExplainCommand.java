package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.report.KillExplanation;
import dev.headroom.model.OomKill;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code backtest explain}: one kill in words. */
@Command(
    name = "explain",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Says of one kill who died, of what, what each policy's limit was then, its verdict and why.",
    footer = {
      "",
      "Without KILL the kills are listed. Without a formula the library's are used.",
      "Example: backtest explain 3f2a --formula talk"
    })
final class ExplainCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Parameters(
      arity = "0..1",
      paramLabel = "KILL",
      description = "The kill's id, or enough of its first digits.")
  private @Nullable String killPrefix;

  @Mixin private final FormulaOption formulas = new FormulaOption();
  @Mixin private final RecordingOption recording = new RecordingOption();

  ExplainCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    try (RecordingOption.Chosen chosen = recording.open(terminal)) {
      BacktestResult result =
          new BacktestRunner(terminal)
              .run(chosen.source(), formulas.candidatesOrLibrary(), BacktestConfig.DEFAULT);
      if (killPrefix == null) {
        terminal.print(list(result));
      } else {
        terminal.print(KillExplanation.render(result, find(result, killPrefix)));
      }
    }
    return ExitCode.OK;
  }

  private String list(BacktestResult result) {
    if (result.kills().isEmpty()) {
      throw CommandFailure.noData("there is no kill in this recording");
    }
    TextTable table = new TextTable("kill", "at", "victim", "database", "user", "anonymous memory");
    for (JudgedKill judged : result.kills()) {
      OomKill kill = judged.kill();
      table.add(
          kill.killId().toString().substring(0, 8),
          kill.killedAt(),
          kill.victim().kind().description(),
          orDash(kill.victim().database()),
          orDash(kill.victim().user()),
          kill.anonBytes() == null ? "-" : (kill.anonBytes() >> 20) + " MiB");
    }
    return table.render(terminal);
  }

  private static String orDash(@Nullable String text) {
    return text == null ? "-" : text;
  }

  private static UUID find(BacktestResult result, String prefix) {
    String wanted = prefix.toLowerCase(Locale.ROOT);
    List<UUID> matching =
        result.kills().stream()
            .map(judged -> judged.kill().killId())
            .filter(id -> id.toString().startsWith(wanted))
            .toList();
    return switch (matching.size()) {
      case 1 -> matching.getFirst();
      case 0 ->
          throw CommandFailure.usage(
              "no kill of this recording has an id that starts with '"
                  + prefix
                  + "'; `backtest explain` without an id lists them");
      default ->
          throw CommandFailure.usage(
              matching.size()
                  + " kills have ids that start with '"
                  + prefix
                  + "'; give more digits");
    };
  }
}
