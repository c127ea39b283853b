package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.BlockCounts;

/**
 * What a policy would have cost over a recording, in the unit of its prices.
 *
 * @param missed of preventable kills that it misses
 * @param falseBlocks of statements that it refuses for nothing
 * @param slack of memory that it withholds from queries
 * @param undecided of kills and refused statements of which nobody knows, if all are bad
 */
public record Cost(double missed, double falseBlocks, double slack, double undecided) {

  /** What was counted. */
  public double total() {
    return missed + falseBlocks + slack;
  }

  /** The most it can be, if everything undecided is bad. */
  public double most() {
    return total() + undecided;
  }

  static Cost of(
      Prices.Settled prices, KillCounts kills, BlockCounts blocks, double slackGibHours) {
    return new Cost(
        prices.kill() * kills.missed(),
        prices.falseBlock() * blocks.falseBlocks(),
        prices.gibHour() * slackGibHours,
        prices.kill() * kills.undecided() + prices.falseBlock() * blocks.undecided());
  }
}
