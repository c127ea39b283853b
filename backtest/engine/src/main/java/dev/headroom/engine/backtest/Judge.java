package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.Judgement.Outcome;
import dev.headroom.engine.statistics.Binomial;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.Poisson;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a policy's counts show its goals met.
 *
 * <p>Doubt never helps: for a PASS every undecided kill counts as not prevented, for a FAIL as
 * prevented.
 */
final class Judge {

  private static final double DAYS_OF_GOAL = 1000;
  private static final double SIGNIFICANT = 0.05;

  private final BacktestConfig config;
  private final KillCounts kills;
  private final int falseBlocks;
  private final double instanceDays;
  private final @Nullable Comparison comparison;

  private Judge(
      BacktestConfig config,
      KillCounts kills,
      int falseBlocks,
      double instanceDays,
      @Nullable Comparison comparison) {
    this.config = config;
    this.kills = kills;
    this.falseBlocks = falseBlocks;
    this.instanceDays = instanceDays;
    this.comparison = comparison;
  }

  static Judgement judge(
      BacktestConfig config,
      KillCounts kills,
      int falseBlocks,
      double instanceDays,
      @Nullable Comparison comparison) {
    return new Judge(config, kills, falseBlocks, instanceDays, comparison).judge();
  }

  private Judgement judge() {
    List<String> failures = new ArrayList<>();
    findWorseThanOther().ifPresent(failures::add);
    findTooFewPrevented().ifPresent(failures::add);
    findTooManyFalseBlocks().ifPresent(failures::add);
    if (!failures.isEmpty()) {
      return Judgement.of(Outcome.FAIL, failures);
    }
    if (instanceDays == 0) {
      return Judgement.of(Outcome.NO_DATA, List.of("no time was replayed"));
    }
    if (kills.preventable() == 0) {
      return Judgement.of(Outcome.NO_DATA, List.of("no kill that a limit might have prevented"));
    }
    return passOrInconclusive();
  }

  private Judgement passOrInconclusive() {
    OptionalDouble share =
        Binomial.lowerBound(kills.prevented(), kills.preventable(), config.confidence());
    OptionalDouble rate = Poisson.upperBound(falseBlocks, instanceDays, config.confidence());
    boolean prevents = share.orElse(0) >= config.preventedGoal();
    boolean spares =
        rate.orElse(Double.POSITIVE_INFINITY) * DAYS_OF_GOAL
            <= config.falseBlocksPer1000InstanceDaysGoal();
    if (prevents && spares) {
      return Judgement.of(
          Outcome.PASS,
          List.of(
              String.format(
                  Locale.ROOT, "at least %.1f%% of kills prevented", 100 * share.orElseThrow()),
              "at most %s false blocks in 1,000 instance-days"
                  .formatted(CompactNumber.of(rate.orElseThrow() * DAYS_OF_GOAL))));
    }
    List<String> missing = new ArrayList<>();
    Integer neededKills = null;
    if (!prevents) {
      OptionalInt needed =
          Binomial.neededTrials(
              kills.prevented(), kills.preventable(), config.preventedGoal(), config.confidence());
      neededKills = needed.isPresent() ? (Integer) needed.getAsInt() : null;
      missing.add(neededKills == null ? "over a million more kills" : neededKills + " more kills");
    }
    Double neededDays = null;
    if (!spares) {
      double days =
          Math.ceil(
              Poisson.neededTime(
                  falseBlocks,
                  instanceDays,
                  config.falseBlocksPer1000InstanceDaysGoal() / DAYS_OF_GOAL,
                  config.confidence()));
      neededDays = days;
      missing.add(String.format(Locale.ROOT, "%,.0f more instance-days", days));
    }
    return new Judgement(Outcome.INCONCLUSIVE, missing, neededKills, neededDays);
  }

  private Optional<String> findWorseThanOther() {
    if (comparison == null
        || comparison.pValue() == null
        || comparison.pValue() >= SIGNIFICANT
        || comparison.onlyThis() >= comparison.onlyAgainst()) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "below %s, McNemar p%s",
            comparison.against(),
            pValue(comparison.pValue())));
  }

  private Optional<String> findTooFewPrevented() {
    OptionalDouble best =
        Binomial.upperBound(
            kills.prevented() + kills.undecided(), kills.preventable(), config.confidence());
    if (best.isEmpty() || best.getAsDouble() >= config.preventedGoal()) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "at most %.0f%% of kills prevented, goal %.0f%%",
            100 * best.getAsDouble(),
            100 * config.preventedGoal()));
  }

  private Optional<String> findTooManyFalseBlocks() {
    OptionalDouble least = Poisson.lowerBound(falseBlocks, instanceDays, config.confidence());
    if (least.isEmpty()
        || least.getAsDouble() * DAYS_OF_GOAL <= config.falseBlocksPer1000InstanceDaysGoal()) {
      return Optional.empty();
    }
    return Optional.of(
        "at least %s false blocks in 1,000 instance-days, goal %s"
            .formatted(
                CompactNumber.of(least.getAsDouble() * DAYS_OF_GOAL),
                CompactNumber.of(config.falseBlocksPer1000InstanceDaysGoal())));
  }

  private static String pValue(double value) {
    return value < 0.001 ? " under 0.001" : String.format(Locale.ROOT, "=%.3f", value);
  }
}
