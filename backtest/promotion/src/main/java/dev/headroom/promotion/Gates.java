package dev.headroom.promotion;

import static dev.headroom.promotion.Guardrail.rounded;

import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.statistics.Binomial;
import dev.headroom.engine.statistics.Poisson;
import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.InstanceActivity;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.promotion.GateResult.Outcome;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.apache.commons.math3.distribution.HypergeometricDistribution;
import org.jspecify.annotations.Nullable;

/**
 * What each step of a rollout asks for. Pure: the same situation gives the same answer.
 *
 * <p>Missing data holds; it never opens. What an open gate looked at is kept with the step.
 */
public final class Gates {

  private static final double MS_IN_A_DAY = Duration.ofDays(1).toMillis();

  /** The control counts beside the backtest once it has this share of the canary's exposure. */
  private static final double COMPARABLE_EXPOSURE = 0.25;

  private static final double COMPARISON_ALPHA = 0.05;

  private final Situation situation;
  private final GateSettings settings;
  private final List<InstanceActivity> treated;
  private final List<InstanceActivity> control;

  private Gates(Situation situation) {
    this.situation = situation;
    settings = situation.settings();
    Rollout rollout = situation.rollout();
    treated =
        situation.activities().stream()
            .filter(each -> isReached(rollout, each.instance()))
            .toList();
    control =
        situation.activities().stream()
            .filter(each -> !isReached(rollout, each.instance()))
            .toList();
  }

  /** What every gate says that has a say where the rollout is. */
  public static Evaluation evaluate(Situation situation) {
    Gates gates = new Gates(situation);
    return new Evaluation(
        situation.now(),
        switch (situation.rollout().stage()) {
          case OFF -> List.of(gates.backtest());
          case SHADOW ->
              List.of(
                  gates.backtest(),
                  gates.parity(),
                  gates.data(),
                  gates.panics(),
                  gates.troubles(),
                  gates.wouldBlocks(),
                  gates.soak());
          case CANARY ->
              List.of(
                  gates.backtest(),
                  gates.parity(),
                  gates.data(),
                  gates.panics(),
                  gates.blocks(),
                  gates.kills(),
                  gates.comparison(),
                  gates.sampleRatio(),
                  gates.troubles(),
                  gates.soak());
          case ENFORCE -> List.of(gates.panics(), gates.blocks(), gates.kills());
          case ROLLED_BACK, RETIRED -> List.of();
        });
  }

  /** Whether a rollout's policy is to be in force on an instance that it may reach. */
  static boolean isReached(Rollout rollout, InstanceId instance) {
    if (Buckets.isHeldOut(instance)) {
      return false;
    }
    return switch (rollout.stage()) {
      case ENFORCE -> true;
      case CANARY ->
          rollout.canaryPercent() != null
              && Buckets.isReached(
                  Buckets.canaryBucket(rollout.rolloutId(), instance), rollout.canaryPercent());
      case OFF, SHADOW, ROLLED_BACK, RETIRED -> false;
    };
  }

  /**
   * How long one watch of the guardrails is, in days for each instance: at most 30, and so short
   * that its tests stay small.
   */
  static double watchDays(
      Rollout rollout, GateSettings settings, Optional<BacktestEvidence> evidence, int instances) {
    double perDay =
        evidence
            .map(each ->
                Math.max(allowedBlocks(settings, each), allowedKillsOfBacktest(settings, each)))
            .orElse(0.0);
    double longest = 30;
    double soak = Math.max(settings.shadowSoakMs(), settings.canarySoakMs()) / MS_IN_A_DAY;
    double small =
        perDay == 0 ? longest : Guardrail.LONGEST_WATCH_EVENTS / (perDay * Math.max(1, instances));
    return rollout.stage() == RolloutStage.ENFORCE
        ? Math.min(longest, small)
        : Math.max(2 * soak, Math.min(longest, small));
  }

  private GateResult backtest() {
    Figures figures = new Figures();
    BacktestEvidence evidence = situation.evidence();
    if (evidence == null) {
      return figures.says("backtest", Outcome.HOLD, "there is no run that judged this policy");
    }
    Judgement.Outcome verdict = evidence.verdict();
    Instant until = evidence.recordedUntil();
    figures
        .with("run_id", evidence.runId().toString())
        .with("recording_hash", evidence.recordingHash())
        .with("verdict", verdict.name().toLowerCase(Locale.ROOT))
        .with("recorded_until", until == null ? "unknown" : until.toString());
    RolloutStage stage = situation.rollout().stage();
    if (stage == RolloutStage.OFF) {
      return verdict == Judgement.Outcome.FAIL
          ? figures.says("backtest", Outcome.HOLD, "it failed: " + first(evidence.reasons()))
          : figures.says("backtest", Outcome.OPEN, "its run did not fail; shadow harms nobody");
    }
    var approval = situation.approval();
    if (verdict != Judgement.Outcome.PASS) {
      if (approval != null
          && verdict != Judgement.Outcome.FAIL
          && evidence.runId().equals(approval.runId())) {
        return figures
            .with("approver", String.valueOf(approval.approver()))
            .says(
                "backtest",
                Outcome.OPEN,
                "%s, for which %s answered at %s"
                    .formatted(words(verdict), approval.approver(), approval.occurredAt()));
      }
      return figures.says(
          "backtest", Outcome.HOLD, words(verdict) + ": " + first(evidence.reasons()));
    }
    if (stage == RolloutStage.SHADOW) {
      // Only before it first goes live: a ladder may take longer than a recording stays fresh.
      if (until == null) {
        return figures.says("backtest", Outcome.HOLD, "nobody knows how old its recording is");
      }
      Duration age = Duration.between(until, situation.now());
      figures
          .with("recording_age_hours", rounded(age.toMillis() / 3_600_000.0))
          .with("maximum_age_hours", rounded(settings.backtestMaxAgeMs() / 3_600_000.0));
      if (age.toMillis() > settings.backtestMaxAgeMs()) {
        return figures.says(
            "backtest",
            Outcome.HOLD,
            "its recording ended %s h ago, more than %s h; backtest a fresher one"
                .formatted(age.toHours(), settings.backtestMaxAgeMs() / 3_600_000));
      }
    }
    return figures.says("backtest", Outcome.OPEN, "PASS");
  }

  private GateResult parity() {
    Figures figures = new Figures();
    BacktestEvidence evidence = situation.evidence();
    Boolean trusted = evidence == null ? null : evidence.parityTrusted();
    figures.with(
        "parity", trusted == null ? "not compared" : trusted ? "trusted" : "below threshold");
    if (evidence != null && evidence.instanceDays() > 0) {
      int live = sum(situation.activities(), InstanceActivity::wouldBlocks);
      double days = days(situation.activities(), InstanceActivity::shadowed);
      figures
          .with("live_would_blocks", live)
          .with(
              "replayed_blocks_for_this_exposure",
              rounded(
                  (evidence.justifiedBlocks() + evidence.otherBlocks())
                      / evidence.instanceDays()
                      * days));
    }
    if (Boolean.FALSE.equals(trusted)) {
      return figures.says(
          "parity", Outcome.HOLD, "the replay does not foretell what the live guard logs");
    }
    return figures.says(
        "parity",
        Outcome.OPEN,
        trusted == null ? "no guard was live to compare with" : "the replay foretells the guard");
  }

  private GateResult data() {
    List<InstanceActivity> all = situation.activities();
    if (all.isEmpty()) {
      return new Figures()
          .with("instances", 0)
          .says("data", Outcome.HOLD, "no instance carries the labels " + labelsOfRollout());
    }
    Instant silentBefore = situation.now().minusMillis(settings.silenceMs());
    long silent =
        all.stream()
            .filter(
                each -> each.lastDecidedAt() == null || each.lastDecidedAt().isBefore(silentBefore))
            .count();
    long decisions = all.stream().mapToLong(InstanceActivity::decisions).sum();
    Figures figures =
        new Figures()
            .with("instances", all.size())
            .with("silent_instances", silent)
            .with("decisions", decisions)
            .with("minimum_decisions", settings.minimumDecisions());
    if (silent > settings.silentShare() * all.size()) {
      return figures.says(
          "data",
          Outcome.HOLD,
          "%d of %d instances were not evaluated for %d s; do their collectors run?"
              .formatted(silent, all.size(), settings.silenceMs() / 1000));
    }
    if (decisions < settings.minimumDecisions()) {
      return figures.says(
          "data",
          Outcome.HOLD,
          "%d evaluations of %d".formatted(decisions, settings.minimumDecisions()));
    }
    return figures.says("data", Outcome.OPEN, "%d instances report".formatted(all.size()));
  }

  private GateResult panics() {
    int panics = sum(situation.activities(), InstanceActivity::panics);
    Figures figures = new Figures().with("panics", panics);
    return panics == 0
        ? figures.says("panics", Outcome.OPEN, "no denial made a server restart")
        : figures.says(
            "panics",
            Outcome.ROLL_BACK,
            panics + " servers restarted because of denials, which a guard must never do");
  }

  private GateResult troubles() {
    int lapses = sum(situation.activities(), InstanceActivity::lapses);
    int troubles = sum(situation.activities(), InstanceActivity::troubles);
    Figures figures =
        new Figures()
            .with("lapsed_leases", lapses)
            .with("collector_troubles", troubles)
            .with("troubles_to_pause", settings.troublesToPause());
    return lapses + troubles < settings.troublesToPause()
        ? figures.says("signals", Outcome.OPEN, (lapses + troubles) + " troubles")
        : figures.says(
            "signals",
            Outcome.PAUSE,
            "%d leases lapsed and collectors had %d troubles; see collector_event, then resume"
                .formatted(lapses, troubles));
  }

  private GateResult soak() {
    long soaked = Duration.between(situation.stageSince(), situation.now()).toMillis();
    boolean shadow = situation.rollout().stage() == RolloutStage.SHADOW;
    long needed = shadow ? settings.shadowSoakMs() : settings.canarySoakMs();
    Figures figures =
        new Figures()
            .with("soaked_s", soaked / 1000)
            .with("needed_s", needed / 1000)
            .with("instances_reached", treated.size());
    if (!shadow && treated.isEmpty()) {
      boolean last =
          settings
              .ladder()
              .after(Rung.of(situation.rollout()))
              .map(Rung.ENFORCE::equals)
              .orElse(true);
      return last
          ? figures.says(
              "soak", Outcome.HOLD, "no instance was ever under canary; that needs an approver")
          : figures.says("soak", Outcome.OPEN, "it reaches no instance; there is nothing to watch");
    }
    return soaked >= needed
        ? figures.says("soak", Outcome.OPEN, "%d s".formatted(soaked / 1000))
        : figures.says(
            "soak", Outcome.HOLD, "%d s of %d s".formatted(soaked / 1000, needed / 1000));
  }

  private GateResult wouldBlocks() {
    BacktestEvidence evidence = situation.evidence();
    if (evidence == null && settings.allowedBlocksPerInstanceDay() == null) {
      return nothingToExpect("would-blocks");
    }
    List<InstanceActivity> all = situation.activities();
    return new Guardrail("would-blocks", halfAlpha(), settings.minimumBlocks(), Outcome.HOLD)
        .judge(
            sum(all, InstanceActivity::wouldBlocks),
            allowedBlocks(settings, evidence),
            days(all, InstanceActivity::shadowed),
            situation.watchDays() * all.size());
  }

  private GateResult blocks() {
    BacktestEvidence evidence = situation.evidence();
    if (evidence == null && settings.allowedBlocksPerInstanceDay() == null) {
      return nothingToExpect("blocks");
    }
    return new Guardrail("blocks", halfAlpha(), settings.minimumBlocks(), Outcome.ROLL_BACK)
        .judge(
            sum(situation.activities(), InstanceActivity::blocks),
            allowedBlocks(settings, evidence),
            days(situation.activities(), InstanceActivity::enforced),
            situation.watchDays() * Math.max(1, treated.size()));
  }

  private GateResult kills() {
    BacktestEvidence evidence = situation.evidence();
    if (evidence == null && settings.allowedKillsPerInstanceDay() == null) {
      return nothingToExpect("kills");
    }
    double exposure = days(treated, InstanceActivity::enforced);
    double controlDays = days(control, InstanceActivity::shadowed);
    int controlKills = sum(control, InstanceActivity::kills);
    double allowed = allowedKillsOfBacktest(settings, evidence);
    if (settings.allowedKillsPerInstanceDay() == null
        && controlDays > 0
        && controlDays >= COMPARABLE_EXPOSURE * exposure) {
      // A wave of kills that hits the control as well is not the policy's doing.
      allowed =
          Math.max(
              allowed,
              Poisson.upperBound(controlKills, controlDays, 1 - halfAlpha()).orElseThrow());
    }
    GateResult judged =
        new Guardrail("kills", halfAlpha(), settings.minimumKills(), Outcome.ROLL_BACK)
            .judge(
                sum(treated, InstanceActivity::kills),
                allowed,
                exposure,
                situation.watchDays() * Math.max(1, treated.size()));
    return new Figures(judged.figures())
        .with("control_kills", controlKills)
        .with("control_instance_days", rounded(controlDays))
        .says(judged.gate(), judged.outcome(), judged.reason());
  }

  /** Fisher's exact test by instance: kills of one instance come from the same queries. */
  private GateResult comparison() {
    List<InstanceActivity> exposed =
        treated.stream().filter(each -> each.enforced().isPositive()).toList();
    List<InstanceActivity> compared =
        control.stream().filter(each -> each.shadowed().isPositive()).toList();
    int canaryHit = (int) exposed.stream().filter(each -> each.kills() > 0).count();
    int controlHit = (int) compared.stream().filter(each -> each.kills() > 0).count();
    Figures figures =
        new Figures()
            .with("canary_instances", exposed.size())
            .with("canary_instances_with_kills", canaryHit)
            .with("control_instances", compared.size())
            .with("control_instances_with_kills", controlHit);
    if (exposed.isEmpty() || compared.isEmpty()) {
      return figures.says(
          "canary against control",
          Outcome.OPEN,
          "nothing to compare: %d canary and %d control instances; the guardrails watch"
              .formatted(exposed.size(), compared.size()));
    }
    double pValue =
        new HypergeometricDistribution(
                null, exposed.size() + compared.size(), canaryHit + controlHit, exposed.size())
            .upperCumulativeProbability(canaryHit);
    figures.with("p_value", rounded(pValue));
    String counts =
        "kills on %d of %d canary and %d of %d control instances"
            .formatted(canaryHit, exposed.size(), controlHit, compared.size());
    return pValue < COMPARISON_ALPHA
        ? figures.says("canary against control", Outcome.HOLD, counts + "; the canary does worse")
        : figures.says("canary against control", Outcome.OPEN, counts);
  }

  private GateResult sampleRatio() {
    List<InstanceActivity> seen =
        situation.activities().stream()
            .filter(each -> each.enforced().isPositive() || each.shadowed().isPositive())
            .toList();
    int underCanary = (int) seen.stream().filter(each -> each.enforced().isPositive()).count();
    // In force and in shadow in one stage: in it came, or out of it, while the stage went on.
    long wrong =
        seen.stream()
            .filter(each ->
                isReached(situation.rollout(), each.instance())
                    ? each.enforced().isZero()
                    : each.enforced().compareTo(each.shadowed()) > 0)
            .count();
    Integer percent = situation.rollout().canaryPercent();
    double probability =
        (percent == null ? 0 : percent) / 100.0 * (1 - Buckets.HOLDOUT_PERCENT / 100.0);
    double pValue = Binomial.pValue(underCanary, seen.size(), probability);
    Figures figures =
        new Figures()
            .with("instances_seen", seen.size())
            .with("under_canary", underCanary)
            .with("assigned_to_canary", treated.size())
            .with("assignment_probability", rounded(probability))
            .with("p_value", rounded(pValue))
            .with("elsewhere_than_assigned", wrong);
    if (wrong > settings.silentShare() * seen.size()) {
      return figures.says(
          "sample ratio",
          Outcome.HOLD,
          wrong + " instances are not where their bucket puts them; are all collectors current?");
    }
    String counts = "%d of %d instances under canary".formatted(underCanary, seen.size());
    return pValue < settings.sampleRatioAlpha()
        ? figures.says(
            "sample ratio",
            Outcome.HOLD,
            "%s, which %.2f%% each would make by chance once in %.0f"
                .formatted(counts, 100 * probability, 1 / Math.max(pValue, 1e-12)))
        : figures.says("sample ratio", Outcome.OPEN, counts);
  }

  private GateResult nothingToExpect(String gate) {
    return new Figures()
        .says(gate, Outcome.HOLD, "without a run nobody knows how many are all right; name a run");
  }

  private double halfAlpha() {
    // Half for blocks and half for kills, so that both together keep the promise.
    return settings.alpha() / 2;
  }

  private static double allowedBlocks(GateSettings settings, @Nullable BacktestEvidence evidence) {
    Double given = settings.allowedBlocksPerInstanceDay();
    if (given != null) {
      return given;
    }
    return evidence == null ? 0 : evidence.allowedBlocksPerInstanceDay(1 - settings.alpha() / 2);
  }

  private static double allowedKillsOfBacktest(
      GateSettings settings, @Nullable BacktestEvidence evidence) {
    Double given = settings.allowedKillsPerInstanceDay();
    if (given != null) {
      return given;
    }
    return evidence == null || evidence.instanceDays() == 0
        ? 0
        : Poisson.upperBound(evidence.kills(), evidence.instanceDays(), 1 - settings.alpha() / 2)
            .orElseThrow();
  }

  private String labelsOfRollout() {
    return situation.rollout().instanceLabels().toString();
  }

  private static int sum(List<InstanceActivity> activities, ToIntFunction<InstanceActivity> count) {
    return activities.stream().mapToInt(count).sum();
  }

  private static double days(
      List<InstanceActivity> activities, Function<InstanceActivity, Duration> time) {
    return activities.stream().mapToDouble(each -> time.apply(each).toMillis()).sum() / MS_IN_A_DAY;
  }

  private static String words(Judgement.Outcome verdict) {
    return verdict.name().replace('_', ' ');
  }

  private static String first(List<String> reasons) {
    return reasons.isEmpty() ? "its run says no more" : reasons.getFirst();
  }

  /** Figures in the order in which they are put. */
  private static final class Figures {
    private final Map<String, Object> values;

    private Figures() {
      values = new LinkedHashMap<>();
    }

    private Figures(Map<String, Object> start) {
      values = new LinkedHashMap<>(start);
    }

    private Figures with(String name, Object value) {
      values.put(name, value);
      return this;
    }

    private GateResult says(String gate, Outcome outcome, String reason) {
      return new GateResult(gate, outcome, reason, values);
    }
  }
}
