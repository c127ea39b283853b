package dev.headroom.launcher;

import dev.headroom.lab.Allocator;
import dev.headroom.model.GuardMode;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say how a lab's victims are guarded. */
final class GuardOption {

  @Option(
      names = "--guard",
      paramLabel = "MODE",
      defaultValue = "OFF",
      description =
          "Run the victims plain (off), or with the guard that counts (shadow) or refuses (enforce). Default: off.")
  private GuardMode mode = GuardMode.OFF;

  @Option(
      names = "--limit",
      paramLabel = "TEXT|@FILE|NAME",
      description =
          "The formula that the guard's limit comes from; `backtest formulas` lists names.")
  private @Nullable String limit;

  @Option(
      names = "--shadow-limit",
      paramLabel = "TEXT|@FILE|NAME",
      description =
          "A formula that the guard judges beside it and never refuses by; up to eight times.")
  private List<String> shadowLimits = List.of();

  @Option(
      names = "--allocator",
      paramLabel = "NAME",
      defaultValue = "JEMALLOC",
      description = "What answers malloc in guarded victims, jemalloc or glibc. Default: jemalloc.")
  private Allocator allocator = Allocator.JEMALLOC;

  GuardChoice choice() {
    return new GuardChoice(mode, limit, shadowLimits, allocator);
  }
}
