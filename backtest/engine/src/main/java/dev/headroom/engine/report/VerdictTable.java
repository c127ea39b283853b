package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.KillCounts;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.engine.statistics.CompactNumber;
import dev.headroom.engine.statistics.Estimate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The cells of the verdict table, the same for a terminal and for Markdown.
 *
 * @param headline what was replayed, in one line
 * @param columns headings; the first is the policy's
 * @param rows one for each policy
 * @param notes lines below the table
 */
record VerdictTable(
    String headline, List<String> columns, List<List<String>> rows, List<String> notes) {

  private static final List<String> COLUMNS =
      List.of(
          "",
          "prevented",
          "missed",
          "undecided",
          "false blocks",
          "over-promise",
          "slack",
          "verdict");

  private static final double RATE_DAYS = 1000;

  static VerdictTable of(BacktestResult result) {
    return of(result, result.policies());
  }

  /** With rows for these policies of the result only. */
  static VerdictTable of(BacktestResult result, List<PolicyResult> shown) {
    return new VerdictTable(
        headline(result), COLUMNS, shown.stream().map(VerdictTable::row).toList(), notes(result));
  }

  private static String headline(BacktestResult result) {
    List<String> parts = new ArrayList<>();
    parts.add("recording " + Wording.recording(result.manifest()));
    parts.add(Wording.plural(result.instances(), "instance"));
    parts.add(Wording.exposure(result.instanceDays()));
    parts.add("fidelity " + Wording.word(result.fidelity()));
    parts.add(kills(result));
    parts.add(Wording.plural(result.formulasTriedInAll(), "formula") + " tried");
    return String.join(" · ", parts);
  }

  private static String kills(BacktestResult result) {
    List<String> apart = new ArrayList<>();
    if (result.unpreventableKills() > 0) {
      apart.add(result.unpreventableKills() + " unpreventable");
    }
    if (result.secondaryKills() > 0) {
      apart.add(result.secondaryKills() + " secondary");
    }
    String kills = Wording.plural(result.kills().size(), "kill");
    return apart.isEmpty() ? kills : kills + " (" + String.join(", ", apart) + ")";
  }

  private static List<String> row(PolicyResult policy) {
    if (policy.instances() == 0) {
      return List.of(policy.name(), Wording.NO_DATA, "", "", "", "", "", verdict(policy));
    }
    return List.of(
        policy.name(),
        prevented(policy),
        String.valueOf(policy.kills().missed()),
        undecided(policy.kills()),
        falseBlocks(policy),
        distance(policy, policy.overPromiseGibHours()),
        distance(policy, policy.slackGibHours()),
        verdict(policy));
  }

  private static String prevented(PolicyResult policy) {
    KillCounts kills = policy.kills();
    return switch (policy.prevention()) {
      case Estimate.NoData() -> Wording.NO_DATA;
      case Estimate.Known(double share, double lower, double upper) -> {
        String count = kills.prevented() + "/" + kills.preventable();
        yield policy.kind().isReference()
            ? count
            : String.format(
                Locale.ROOT,
                "%s  %.0f%% [%.0f,%.0f]",
                count,
                100 * share,
                100 * lower,
                100 * upper);
      }
    };
  }

  private static String undecided(KillCounts kills) {
    List<String> classes = new ArrayList<>();
    addClass(classes, kills.undecidedGap(), "gap");
    addClass(classes, kills.undecidedCensored(), "censored");
    addClass(classes, kills.undecidedThin(), "thin");
    return classes.isEmpty() ? "0" : String.join(", ", classes);
  }

  private static void addClass(List<String> classes, int count, String name) {
    if (count > 0) {
      classes.add(count + " " + name);
    }
  }

  private static String falseBlocks(PolicyResult policy) {
    int count = policy.blocks().falseBlocks();
    if (policy.kind().isReference()) {
      return String.valueOf(count);
    }
    return switch (policy.falseBlocksPerInstanceDay()) {
      case Estimate.NoData() -> Wording.NO_DATA;
      case Estimate.Known(double rate, _, double upper) ->
          "%s  (%s%s/1k i-d)"
              .formatted(
                  count,
                  count == 0 ? "under " : "",
                  CompactNumber.of(RATE_DAYS * (count == 0 ? upper : rate)));
    };
  }

  private static String distance(PolicyResult policy, @Nullable Double gibHours) {
    boolean hasLimits =
        policy.kind() != ReplayPolicy.Kind.NEVER && policy.kind() != ReplayPolicy.Kind.HINDSIGHT;
    return hasLimits ? Wording.gibHours(gibHours) : "";
  }

  private static String verdict(PolicyResult policy) {
    Judgement judgement = policy.judgement();
    if (judgement == null) {
      return policy.instances() == 0 && !policy.skipped().isEmpty()
          ? policy.skipped().getFirst().reason()
          : "";
    }
    String outcome = Wording.words(judgement.outcome());
    return outcome + ": " + String.join(" and ", judgement.reasons());
  }

  private static List<String> notes(BacktestResult result) {
    List<String> notes = new ArrayList<>(result.notes());
    Map<String, List<String>> policiesByNote = new LinkedHashMap<>();
    for (PolicyResult policy : result.policies()) {
      for (String note : notes(policy)) {
        policiesByNote.computeIfAbsent(note, _ -> new ArrayList<>()).add(policy.name());
      }
    }
    policiesByNote.forEach(
        (note, policies) -> notes.add(String.join(", ", policies) + ": " + note));
    for (PolicyResult policy : result.policies()) {
      if (policy.comparison() != null
          && policy.comparison().onlyThis() + policy.comparison().onlyAgainst() > 0) {
        notes.add(comparison(policy));
      }
    }
    return notes;
  }

  /** What may be said of several policies in the same words. */
  private static List<String> notes(PolicyResult policy) {
    List<String> notes = new ArrayList<>();
    if (policy.instances() > 0 && !policy.skipped().isEmpty()) {
      notes.add(
          "replayed over %s of %s instances; the others: %s"
              .formatted(
                  policy.instances(),
                  policy.instances() + policy.skipped().size(),
                  policy.skipped().getFirst().reason()));
    }
    if (policy.noDecisions() > 0) {
      notes.add(
          Wording.plural(policy.noDecisions(), "evaluation")
              + " gave no limit; the one before stayed");
    }
    return notes;
  }

  private static String comparison(PolicyResult policy) {
    var comparison = Objects.requireNonNull(policy.comparison());
    return String.format(
        Locale.ROOT,
        "%s against %s: %s kills only it prevents, %s only the other, on %s%s",
        policy.name(),
        comparison.against(),
        comparison.onlyThis(),
        comparison.onlyAgainst(),
        Wording.plural(comparison.discordantInstances(), "instance"),
        comparison.neededKills() == null
            ? ""
            : "; a difference shows with "
                + Wording.plural(comparison.neededKills(), "more such kill")
                + ", each on another instance");
  }
}
