package dev.headroom.engine.backtest;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a backtest is to prove, and how.
 *
 * @param seed of everything drawn by chance
 * @param preventedGoal the share of preventable kills a policy must prevent, in (0, 1)
 * @param falseBlocksPer1000InstanceDaysGoal how many false blocks it may cause, above 0
 * @param confidence of intervals and one-sided bounds, in (0, 1)
 * @param horizon how long before a kill a refusal still counts as justified by it; absent for any
 *     time
 * @param against the policy every other is compared with, kill by kill; absent for none
 */
public record BacktestConfig(
    long seed,
    double preventedGoal,
    double falseBlocksPer1000InstanceDaysGoal,
    double confidence,
    @Nullable Duration horizon,
    @Nullable String against) {

  /** Nine of ten kills prevented, at most 10 false blocks in 1,000 instance-days, 95% sure. */
  public static final BacktestConfig DEFAULT = new BacktestConfig(1, 0.9, 10, 0.95, null, null);

  public BacktestConfig {
    checkShare("the goal for prevented kills", preventedGoal);
    checkShare("the confidence", confidence);
    if (!(falseBlocksPer1000InstanceDaysGoal > 0)) {
      throw new IllegalArgumentException(
          "the goal for false blocks in 1,000 instance-days is above 0, not "
              + falseBlocksPer1000InstanceDaysGoal);
    }
    if (horizon != null && !horizon.isPositive()) {
      throw new IllegalArgumentException("the horizon is above 0, not " + horizon);
    }
  }

  public BacktestConfig withSeed(long other) {
    return new BacktestConfig(
        other, preventedGoal, falseBlocksPer1000InstanceDaysGoal, confidence, horizon, against);
  }

  public BacktestConfig withAgainst(@Nullable String other) {
    return new BacktestConfig(
        seed, preventedGoal, falseBlocksPer1000InstanceDaysGoal, confidence, horizon, other);
  }

  public BacktestConfig withGoals(double prevented, double falseBlocksPer1000InstanceDays) {
    return new BacktestConfig(
        seed, prevented, falseBlocksPer1000InstanceDays, confidence, horizon, against);
  }

  public BacktestConfig withHorizon(@Nullable Duration other) {
    return new BacktestConfig(
        seed, preventedGoal, falseBlocksPer1000InstanceDaysGoal, confidence, other, against);
  }

  private static void checkShare(String what, double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(what + " is between 0 and 1, not " + share);
    }
  }
}
