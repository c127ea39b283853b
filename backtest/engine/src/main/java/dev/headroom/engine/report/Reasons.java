package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Cost;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.KillCounts;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.Prices;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.engine.statistics.Multiplicity;
import dev.headroom.model.Verdict;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * Why a candidate is judged as it is, for a person: what it prevents and misses, whom it refuses
 * wrongly, what that costs, what is unknown and why, how much more data would settle it, and how
 * many formulas were tried.
 */
final class Reasons {

  /** More single cases than this are counted, not listed; the JSON has all. */
  private static final int MOST_ITEMS = 5;

  /** The share at which a formula that knows nothing prevents kills, to compare with. */
  private static final double WORTHLESS = 0.5;

  private final BacktestResult result;
  private final BacktestConfig config;
  private final PolicyResult policy;
  private final List<Reason> reasons = new ArrayList<>();

  private Reasons(BacktestResult result, PolicyResult policy) {
    this.result = result;
    this.config = result.manifest().config();
    this.policy = policy;
  }

  /** In the order in which a person asks; none of a policy that is not judged. */
  static List<Reason> of(BacktestResult result, PolicyResult policy) {
    Judgement judgement = policy.judgement();
    if (judgement == null) {
      return List.of();
    }
    Reasons all = new Reasons(result, policy);
    all.addVerdict(judgement);
    if (policy.instances() > 0) {
      all.addPrevented();
      all.addMissed();
      all.addRefusedWrongly();
      all.addCost();
      all.addUnknown();
    }
    all.addNeeded(judgement);
    all.addTried();
    return List.copyOf(all.reasons);
  }

  private void addVerdict(Judgement judgement) {
    reasons.add(
        Reason.of(
            "verdict",
            Wording.words(judgement.outcome()) + ": " + String.join(" and ", judgement.reasons())));
  }

  private void addPrevented() {
    KillCounts kills = policy.kills();
    String beyond =
        kills.unpreventable() == 0
            ? ""
            : "; no limit could have prevented "
                + Wording.plural(kills.unpreventable(), "other kill");
    if (kills.preventable() == 0) {
      reasons.add(
          Reason.of(
              "prevented",
              "no data: there was no kill that a limit might have prevented" + beyond));
      return;
    }
    reasons.add(
        Reason.of(
            "prevented",
            "%s of %s that a limit might have prevented%s%s"
                .formatted(
                    kills.prevented(),
                    Wording.plural(kills.preventable(), "kill"),
                    leadTime(),
                    beyond)));
  }

  private String leadTime() {
    List<Long> leads =
        policy.killOutcomes().stream()
            .map(KillOutcome::leadMs)
            .filter(Objects::nonNull)
            .sorted()
            .toList();
    if (leads.size() == 1) {
      return ", at least " + Wording.seconds(leads.getFirst()) + " before it";
    }
    return leads.isEmpty()
        ? ""
        : ", at least %s before each, half of them %s or more"
            .formatted(
                Wording.seconds(leads.getFirst()), Wording.seconds(leads.get(leads.size() / 2)));
  }

  private void addMissed() {
    List<String> items =
        policy.killOutcomes().stream()
            .filter(outcome -> outcome.verdict() == Verdict.MISSED)
            .map(this::describeMissed)
            .toList();
    if (!items.isEmpty()) {
      reasons.add(new Reason("missed", Wording.plural(items.size(), "kill"), shorten(items)));
    }
  }

  private String describeMissed(KillOutcome outcome) {
    String who =
        result
            .findKill(outcome.killId())
            .map(judged -> judged.kill().killedAt() + " " + KillExplanation.victim(judged.kill()))
            .orElse("kill " + outcome.killId());
    Long limit = outcome.limitBytes();
    Long held = outcome.blockableBytes();
    return "%s: %s, queries held %s"
        .formatted(
            who,
            limit == null ? "no limit" : "limit " + Wording.bytes(limit),
            held == null ? "an unknown amount" : Wording.bytes(held));
  }

  private void addRefusedWrongly() {
    int count = policy.blocks().falseBlocks();
    if (count == 0) {
      reasons.add(Reason.of("refused wrongly", "no statement"));
      return;
    }
    List<StatementGroup> groups = StatementGroup.ofFalseBlocks(policy.instanceBlocks());
    reasons.add(
        new Reason(
            "refused wrongly",
            "%s of %s".formatted(Wording.plural(count, "statement"), sources(groups)),
            shorten(groups.stream().map(StatementGroup::describe).toList())));
  }

  private static String sources(List<StatementGroup> groups) {
    return Wording.plural(groups.size(), "source");
  }

  private void addCost() {
    Cost cost = policy.cost();
    if (cost == null) {
      reasons.add(Reason.of("cost", "no data: nobody knows how much memory the limit withheld"));
      return;
    }
    String most =
        cost.undecided() == 0
            ? ""
            : ", at most %s if everything undecided is bad".formatted(Wording.price(cost.most()));
    reasons.add(
        new Reason(
            "cost",
            "%s %s%s%s"
                .formatted(
                    Wording.price(cost.total()),
                    result.prices().unit(),
                    most,
                    perInstanceDay(policy.costPerInstanceDay())),
            costItems(cost)));
  }

  private static String perInstanceDay(Estimate cost) {
    return switch (cost) {
      case Estimate.NoData() -> "";
      case Estimate.Known(double value, double lower, double upper) ->
          "; %s per instance-day [%s, %s]"
              .formatted(CompactNumber.of(value), CompactNumber.of(lower), CompactNumber.of(upper));
    };
  }

  private List<String> costItems(Cost cost) {
    KillCounts kills = policy.kills();
    BlockCounts blocks = policy.blocks();
    Prices.Settled prices = result.prices();
    String source =
        switch (prices.killSource()) {
          case STATED -> "";
          case MEASURED -> ", as the outages took";
          case ASSUMED -> ", assumed, for no outage was measured";
        };
    return List.of(
        "%s for %s at %s%s"
            .formatted(
                Wording.price(cost.missed()),
                Wording.plural(kills.missed(), "missed kill"),
                CompactNumber.of(prices.kill()),
                source),
        "%s for %s at %s"
            .formatted(
                Wording.price(cost.falseBlocks()),
                Wording.plural(blocks.falseBlocks(), "false block"),
                CompactNumber.of(prices.falseBlock())),
        "%s for %s of slack at %s for each GiB·h"
            .formatted(
                Wording.price(cost.slack()),
                Wording.gibHours(Objects.requireNonNullElse(policy.slackGibHours(), 0.0)),
                CompactNumber.of(prices.gibHour())));
  }

  private void addUnknown() {
    List<String> items = new ArrayList<>();
    KillCounts kills = policy.kills();
    addCount(items, kills.undecidedGap(), "kill", "no sample near enough before");
    addCount(
        items,
        kills.undecidedCensored(),
        "kill",
        "the live guard had denied memory first, under a lower limit");
    addCount(
        items,
        kills.undecidedThin(),
        "kill",
        "refusals would have freed something, but too little");
    addCount(
        items,
        policy.blocks().undecided(),
        "refused statement",
        "nobody saw the end of it before the recording ended or a gap began");
    addCount(
        items,
        policy.skipped().size(),
        "instance",
        policy.skipped().isEmpty() ? "" : "not replayed: " + policy.skipped().getFirst().reason());
    findPessimistic().ifPresent(items::add);
    if (!items.isEmpty()) {
      int open = kills.undecided() + policy.blocks().undecided();
      reasons.add(
          new Reason("unknown", open == 0 ? "nothing that was counted" : open + " in all", items));
    }
  }

  private static void addCount(List<String> items, int count, String noun, String why) {
    if (count > 0) {
      items.add(Wording.plural(count, noun) + ": " + why);
    }
  }

  private Optional<String> findPessimistic() {
    KillCounts kills = policy.pessimisticKills();
    BlockCounts blocks = policy.pessimisticBlocks();
    boolean same =
        kills.equals(policy.kills()) && blocks.falseBlocks() == policy.blocks().falseBlocks();
    return same
        ? Optional.empty()
        : Optional.of(
            "who asks first: had every statement that grew been refused, %s of %s kills would have been prevented, with %s"
                .formatted(
                    kills.prevented(),
                    kills.preventable(),
                    Wording.plural(blocks.falseBlocks(), "false block")));
  }

  private void addNeeded(Judgement judgement) {
    List<String> needed = new ArrayList<>();
    if (judgement.neededKills() != null) {
      needed.add(
          "%s, all prevented, would show %s"
              .formatted(
                  Wording.plural(judgement.neededKills(), "more kill"),
                  Wording.percent(config.preventedGoal())));
    }
    if (judgement.neededInstanceDays() != null) {
      needed.add(
          String.format(
              Locale.ROOT,
              "%,.0f more instance-days without a false block would show %s in 1,000",
              judgement.neededInstanceDays(),
              CompactNumber.of(config.falseBlocksPer1000InstanceDaysGoal())));
    }
    if (!needed.isEmpty()) {
      reasons.add(Reason.of("needed", String.join("; ", needed)));
    }
  }

  private void addTried() {
    int onSameData = result.formulasTried() + config.trials().onSameData();
    List<String> items = new ArrayList<>();
    if (config.trials().onOtherData() > 0) {
      items.add(
          Wording.plural(config.trials().onOtherData(), "formula")
              + " on other data, which makes nothing here less sure");
    }
    if (onSameData > 1) {
      items.add(
          "so that the best of %s is no accident, each claim of a PASS is %s sure"
              .formatted(onSameData, Wording.percent(result.passConfidence())));
      if (policy.kills().preventable() > 0) {
        items.add(
            "the best of %s that prevent each kill with the toss of a coin would look like %s%% here"
                .formatted(
                    onSameData,
                    Math.round(
                        100
                            * Multiplicity.expectedBestShare(
                                onSameData, policy.kills().preventable(), WORTHLESS))));
      }
    }
    reasons.add(new Reason("tried", Wording.plural(result.formulasTriedInAll(), "formula"), items));
  }

  private static List<String> shorten(List<String> items) {
    if (items.size() <= MOST_ITEMS) {
      return items;
    }
    List<String> shown = new ArrayList<>(items.subList(0, MOST_ITEMS));
    shown.add("and %s more".formatted(items.size() - MOST_ITEMS));
    return shown;
  }
}
