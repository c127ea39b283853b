package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Prices;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options that say what is to be proved, and at which prices. */
final class JudgeOption {

  @Option(
      names = "--goal-prevented",
      paramLabel = "SHARE",
      description = "The share of preventable kills to prevent. Default: ${DEFAULT-VALUE}.",
      defaultValue = "0.9")
  private double goalPrevented;

  @Option(
      names = "--goal-false-blocks",
      paramLabel = "N",
      description = "False blocks allowed in 1,000 instance-days. Default: ${DEFAULT-VALUE}.",
      defaultValue = "10")
  private double goalFalseBlocks;

  @Option(
      names = "--horizon",
      paramLabel = "DURATION",
      description =
          "A refusal longer than this before its kill is a false block. Default: any time before it"
              + " is early enough.")
  private @Nullable String horizon;

  @Option(
      names = "--price-kill",
      paramLabel = "N",
      description = "What a missed kill costs. Default: the seconds that recorded outages took.")
  private @Nullable Double priceKill;

  @Option(
      names = "--price-false-block",
      paramLabel = "N",
      description = "What a false block costs. Default: ${DEFAULT-VALUE}.",
      defaultValue = "10")
  private double priceFalseBlock;

  @Option(
      names = "--price-gib-hour",
      paramLabel = "N",
      description = "What one GiB costs that is withheld for one hour. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private double priceGibHour;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Of everything drawn by chance. Default: ${DEFAULT-VALUE}.",
      defaultValue = "1")
  private long seed;

  /**
   * What was asked for.
   *
   * @throws CommandFailure when a value is out of its range
   */
  BacktestConfig config() {
    try {
      return BacktestConfig.DEFAULT
          .withSeed(seed)
          .withGoals(goalPrevented, goalFalseBlocks)
          .withHorizon(TimeSpan.parseIfGiven("--horizon", horizon))
          .withPrices(
              new Prices(
                  priceKill,
                  priceFalseBlock,
                  priceGibHour,
                  priceKill == null ? Prices.DEFAULT.unit() : "of your unit"));
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }
}
