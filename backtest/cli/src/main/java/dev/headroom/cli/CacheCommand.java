package dev.headroom.cli;

import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code backtest cache}: where recordings that were replayed are kept ready, and out with them.
 */
@Command(
    name = "cache",
    mixinStandardHelpOptions = true,
    description = {
      "Recordings that were replayed are kept ready, so that the next run starts at once.",
      "Prints the folder; everything in it can be made again."
    },
    footer = {"", "Example: backtest cache --clear"})
final class CacheCommand implements Callable<Integer> {

  private static final double MIB = 1L << 20;

  private final Terminal terminal;

  @Option(names = "--clear", description = "Delete what is in it.")
  private boolean clear;

  CacheCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() {
    if (clear) {
      try {
        long bytes = EngineSource.cache(terminal).clear();
        terminal.say(String.format(Locale.ROOT, "deleted %.1f MiB", bytes / MIB));
      } catch (IOException e) {
        throw CommandFailure.ofFile(ExitCode.UNAVAILABLE, "cannot clear the cache", e);
      }
    }
    terminal.print(EngineSource.cacheFolder() + "\n");
    return ExitCode.OK;
  }
}
