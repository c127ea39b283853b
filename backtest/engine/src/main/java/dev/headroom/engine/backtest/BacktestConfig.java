package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.BlockOptions;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
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
 * @param trials formulas that were tried before those of this run
 * @param prices what a kill, a false block and withheld memory cost
 * @param resamples draws of the bootstrap behind intervals of costs; 0 for no such interval
 * @param keepsBlocks whether the result has every refused statement, or their numbers alone: what a
 *     formula of many costs in memory
 */
public record BacktestConfig(
    long seed,
    double preventedGoal,
    double falseBlocksPer1000InstanceDaysGoal,
    double confidence,
    @Nullable Duration horizon,
    @Nullable String against,
    Trials trials,
    Prices prices,
    int resamples,
    boolean keepsBlocks) {

  /** Nine of ten kills prevented, at most 10 false blocks in 1,000 instance-days, 95% sure. */
  public static final BacktestConfig DEFAULT =
      new BacktestConfig(1, 0.9, 10, 0.95, null, null, Trials.NONE, Prices.DEFAULT, 1000, true);

  public BacktestConfig {
    checkShare("the goal for prevented kills", preventedGoal);
    checkShare("the confidence", confidence);
    if (!(falseBlocksPer1000InstanceDaysGoal > 0)) {
      throw new IllegalArgumentException(
          "the goal for false blocks in 1,000 instance-days is above 0, not "
              + falseBlocksPer1000InstanceDaysGoal);
    }
    if (resamples < 0) {
      throw new IllegalArgumentException("resamples are 0 or more, not " + resamples);
    }
    if (horizon != null && !horizon.isPositive()) {
      throw new IllegalArgumentException("the horizon is above 0, not " + horizon);
    }
  }

  public BacktestConfig withSeed(long other) {
    return with(copy -> copy.seed = other);
  }

  public BacktestConfig withAgainst(@Nullable String other) {
    return with(copy -> copy.against = other);
  }

  public BacktestConfig withGoals(double prevented, double falseBlocksPer1000InstanceDays) {
    return with(copy -> {
      copy.preventedGoal = prevented;
      copy.falseBlocksGoal = falseBlocksPer1000InstanceDays;
    });
  }

  public BacktestConfig withHorizon(@Nullable Duration other) {
    return with(copy -> copy.horizon = other);
  }

  public BacktestConfig withTrials(Trials other) {
    return with(copy -> copy.trials = other);
  }

  public BacktestConfig withPrices(Prices other) {
    return with(copy -> copy.prices = other);
  }

  public BacktestConfig withResamples(int other) {
    return with(copy -> copy.resamples = other);
  }

  /** The same, to count refused statements and keep none. */
  public BacktestConfig withoutBlocks() {
    return with(copy -> copy.keepsBlocks = false);
  }

  /** The pessimistic bound is told in numbers only. */
  BlockOptions blockOptions() {
    return new BlockOptions(
        keepsBlocks ? BlockOptions.Kept.POINT : BlockOptions.Kept.NONE,
        horizon == null ? BlockOptions.ANY_TIME : TimeUnit.NANOSECONDS.convert(horizon));
  }

  private BacktestConfig with(Consumer<Copy> change) {
    Copy copy = new Copy(this);
    change.accept(copy);
    return copy.config();
  }

  /** The same components, to be changed before they become a config. */
  private static final class Copy {
    private final double confidence;
    private long seed;
    private double preventedGoal;
    private double falseBlocksGoal;
    private @Nullable Duration horizon;
    private @Nullable String against;
    private Trials trials;
    private Prices prices;
    private int resamples;
    private boolean keepsBlocks;

    private Copy(BacktestConfig of) {
      confidence = of.confidence;
      seed = of.seed;
      preventedGoal = of.preventedGoal;
      falseBlocksGoal = of.falseBlocksPer1000InstanceDaysGoal;
      horizon = of.horizon;
      against = of.against;
      trials = of.trials;
      prices = of.prices;
      resamples = of.resamples;
      keepsBlocks = of.keepsBlocks;
    }

    private BacktestConfig config() {
      return new BacktestConfig(
          seed,
          preventedGoal,
          falseBlocksGoal,
          confidence,
          horizon,
          against,
          trials,
          prices,
          resamples,
          keepsBlocks);
    }
  }

  private static void checkShare(String what, double share) {
    if (!(share > 0 && share < 1)) {
      throw new IllegalArgumentException(what + " is between 0 and 1, not " + share);
    }
  }
}
