package dev.headroom.engine.backtest;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whether a policy is good enough, and why.
 *
 * @param outcome the answer
 * @param reasons in words, the strongest first; empty for nobody
 * @param neededKills for an open question: how many more prevented kills would settle it; absent
 *     when kills are not what is missing
 * @param neededInstanceDays likewise, how many more instance-days without a false block
 */
public record Judgement(
    Outcome outcome,
    List<String> reasons,
    @Nullable Integer neededKills,
    @Nullable Double neededInstanceDays) {

  /** The four answers. */
  public enum Outcome {
    /** Both goals are shown to be met. */
    PASS,
    /** One goal is shown to be missed. */
    FAIL,
    /** Neither is shown yet. */
    INCONCLUSIVE,
    /** There was nothing to judge by. */
    NO_DATA
  }

  public Judgement {
    reasons = List.copyOf(reasons);
  }

  /** The same by a replay that is not to be trusted: nothing passes by it. */
  Judgement untrusted(String why) {
    List<String> marked = new ArrayList<>();
    marked.add("untrusted, for the replay differs from the live guard (" + why + ")");
    marked.addAll(reasons);
    return new Judgement(
        outcome == Outcome.PASS ? Outcome.INCONCLUSIVE : outcome,
        marked,
        neededKills,
        neededInstanceDays);
  }

  static Judgement of(Outcome outcome, List<String> reasons) {
    return new Judgement(outcome, reasons, null, null);
  }
}
