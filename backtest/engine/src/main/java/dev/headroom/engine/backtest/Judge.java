package dev.headroom.engine.backtest;

import dev.headroom.engine.backtest.Judgement.Outcome;
import dev.headroom.engine.statistics.Binomial;
import dev.headroom.engine.statistics.ClusterCount;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.DesignEffect;
import dev.headroom.engine.statistics.Multiplicity;
import dev.headroom.engine.statistics.Poisson;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a policy's counts show its goals met.
 *
 * <p>Doubt never helps: for a PASS every undecided kill counts as not prevented and every undecided
 * block as false, for a FAIL the other way round. Kills of instances that differ more than chance
 * explains count less. A PASS is as sure as the configuration says even for the best of all
 * formulas that were tried; a FAIL, which nobody picks, stands for itself.
 */
final class Judge {

  private static final double DAYS_OF_GOAL = 1000;
  private static final double SIGNIFICANT = 0.05;

  private final BacktestConfig config;
  private final double passConfidence;

  private Judge(BacktestConfig config, double passConfidence) {
    this.config = config;
    this.passConfidence = passConfidence;
  }

  /**
   * A judge of a run.
   *
   * @param formulasTried how many the run itself tries
   */
  static Judge of(BacktestConfig config, int formulasTried) {
    return new Judge(config, passConfidence(config, formulasTried));
  }

  /** How sure a PASS is of each of its two claims, so that the best of all tried is sure enough. */
  static double passConfidence(BacktestConfig config, int formulasTried) {
    int tried = Math.max(1, formulasTried + config.trials().onSameData());
    return Multiplicity.confidence(config.confidence(), tried);
  }

  Judgement judge(Collection<InstanceTally> tallies, @Nullable Comparison comparison) {
    Share surely = Share.of(tallies, InstanceTally::surelyPrevented);
    Share perhaps = Share.of(tallies, InstanceTally::perhapsPrevented);
    double instanceDays = tallies.stream().mapToDouble(InstanceTally::instanceDays).sum();
    int falseBlocks = tallies.stream().mapToInt(tally -> tally.blocks().falseBlocks()).sum();
    int undecidedBlocks = tallies.stream().mapToInt(tally -> tally.blocks().undecided()).sum();

    List<String> failures = new ArrayList<>();
    findWorseThanOther(comparison).ifPresent(failures::add);
    findTooFewPrevented(perhaps).ifPresent(failures::add);
    findTooManyFalseBlocks(falseBlocks, instanceDays).ifPresent(failures::add);
    if (!failures.isEmpty()) {
      return Judgement.of(Outcome.FAIL, failures);
    }
    if (instanceDays == 0) {
      return Judgement.of(Outcome.NO_DATA, List.of("no time was replayed"));
    }
    if (surely.trials() == 0) {
      return Judgement.of(Outcome.NO_DATA, List.of("no kill that a limit might have prevented"));
    }
    return passOrInconclusive(surely, falseBlocks + undecidedBlocks, instanceDays);
  }

  private Judgement passOrInconclusive(Share surely, int perhapsFalse, double instanceDays) {
    double share =
        Binomial.lowerBound(surely.successes(), surely.trials(), passConfidence).orElseThrow();
    double rate =
        DAYS_OF_GOAL * Poisson.upperBound(perhapsFalse, instanceDays, passConfidence).orElseThrow();
    boolean prevents = share >= config.preventedGoal();
    boolean spares = rate <= config.falseBlocksPer1000InstanceDaysGoal();
    if (prevents && spares) {
      return Judgement.of(
          Outcome.PASS,
          List.of(
              String.format(
                  Locale.ROOT,
                  "at least %.1f%% of kills prevented, on %s",
                  100 * share,
                  surely.instances() == 1 ? "1 instance" : surely.instances() + " instances"),
              "at most %s false blocks in 1,000 instance-days".formatted(CompactNumber.of(rate))));
    }
    List<String> missing = new ArrayList<>();
    Integer neededKills = prevents ? null : neededKills(surely);
    if (!prevents) {
      missing.add(neededKills == null ? "over a million more kills" : neededKills + " more kills");
    }
    Double neededDays = spares ? null : (Double) neededDays(perhapsFalse, instanceDays);
    if (neededDays != null) {
      missing.add(String.format(Locale.ROOT, "%,.0f more instance-days", neededDays));
    }
    return new Judgement(Outcome.INCONCLUSIVE, missing, neededKills, neededDays);
  }

  private @Nullable Integer neededKills(Share surely) {
    OptionalInt needed =
        Binomial.neededTrials(
            surely.successes(), surely.trials(), config.preventedGoal(), passConfidence);
    return needed.isPresent() ? (Integer) needed.getAsInt() : null;
  }

  private double neededDays(int perhapsFalse, double instanceDays) {
    return Math.ceil(
        Poisson.neededTime(
            perhapsFalse,
            instanceDays,
            config.falseBlocksPer1000InstanceDaysGoal() / DAYS_OF_GOAL,
            passConfidence));
  }

  private static Optional<String> findWorseThanOther(@Nullable Comparison comparison) {
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

  private Optional<String> findTooFewPrevented(Share perhaps) {
    OptionalDouble best =
        Binomial.upperBound(perhaps.successes(), perhaps.trials(), config.confidence());
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

  private Optional<String> findTooManyFalseBlocks(int falseBlocks, double instanceDays) {
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

  /**
   * Prevented kills of preventable ones, worth as many independent ones as they tell.
   *
   * @param instances how many they are from
   */
  private record Share(double successes, double trials, int instances) {

    static Share of(
        Collection<InstanceTally> tallies, Function<InstanceTally, ClusterCount> count) {
      List<ClusterCount> clusters =
          tallies.stream().map(count).filter(cluster -> cluster.trials() > 0).toList();
      double effect = DesignEffect.of(clusters);
      return new Share(
          clusters.stream().mapToInt(ClusterCount::successes).sum() / effect,
          clusters.stream().mapToInt(ClusterCount::trials).sum() / effect,
          clusters.size());
    }
  }
}
