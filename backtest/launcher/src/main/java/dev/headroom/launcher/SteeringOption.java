package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.collector.CollectorConfig;
import dev.headroom.collector.autotune.LimitDamping;
import dev.headroom.collector.flag.FlagOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what leads a collector's guards, and how gently. */
final class SteeringOption {

  private static final String FLAGD = "flagd:";
  private static final long MIB = 1 << 20;

  @Option(
      names = "--flags",
      paramLabel = "SOURCE",
      description =
          "What says which guard does what: `rollouts` (those in the database), `flagd:FILE` (a file in flagd's"
              + " format), or `none`. Default: the rollouts, if there is a database and no --guard.")
  private @Nullable String flags;

  @Option(
      names = "--hold-minutes",
      paramLabel = "N",
      description =
          "How long guards go on under what was last decided when nothing new can be. Default: 15.")
  private @Nullable Long holdMinutes;

  @Option(
      names = "--dead-band-mib",
      paramLabel = "N",
      description = "A smaller change of the limit in force is not made. Default: 0.")
  private long deadBandMib;

  @Option(
      names = "--dead-band-percent",
      paramLabel = "N",
      description = "Nor one below this share of the limit in force. Default: 0.")
  private double deadBandPercent;

  @Option(
      names = "--rise-mib-per-second",
      paramLabel = "N",
      description =
          "The limit in force rises no faster; it always falls at once. Default: no bound.")
  private @Nullable Long riseMibPerSecond;

  /**
   * Adds what was chosen.
   *
   * @param config with its database and its plan
   * @throws CommandFailure when the options do not go together
   */
  CollectorConfig addTo(CollectorConfig config) {
    try {
      CollectorConfig changed = config.withDamping(damping()).withFlags(flags(config));
      return holdMinutes == null ? changed : changed.withHold(Duration.ofMinutes(holdMinutes));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  private LimitDamping damping() {
    return new LimitDamping(
        Math.multiplyExact(deadBandMib, MIB),
        deadBandPercent / 100,
        riseMibPerSecond == null
            ? OptionalLong.empty()
            : OptionalLong.of(Math.multiplyExact(riseMibPerSecond, MIB)));
  }

  private @Nullable FlagOptions flags(CollectorConfig config) {
    if (flags == null) {
      return config.databaseUrl() == null || config.guard() != null ? null : FlagOptions.defaults();
    }
    if (flags.startsWith(FLAGD) && flags.length() > FLAGD.length()) {
      return FlagOptions.of(new FlagOptions.FlagdFile(Path.of(flags.substring(FLAGD.length()))));
    }
    return switch (flags) {
      case "rollouts" -> FlagOptions.defaults();
      case "none" -> null;
      default ->
          throw new IllegalArgumentException(
              "flags come from rollouts, flagd:FILE or none, not from '" + flags + "'");
    };
  }
}
