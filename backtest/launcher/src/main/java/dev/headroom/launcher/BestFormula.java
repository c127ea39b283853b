package dev.headroom.launcher;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.formula.Formula;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The formula of the library that did best in a backtest: most kills prevented, then fewest false
 * blocks, then least slack. A formula that looks back further than the recording reaches was not
 * judged by what it knows after a while, so it is left out.
 *
 * @param result whose candidates are formulas of the library
 * @param recorded how long the recording is
 */
record BestFormula(BacktestResult result, Duration recorded) {

  private static final Comparator<PolicyResult> BY_WORTH =
      Comparator.<PolicyResult>comparingInt(policy -> policy.kills().prevented())
          .thenComparing(policy -> policy.blocks().falseBlocks(), Comparator.reverseOrder())
          .thenComparing(BestFormula::slack, Comparator.reverseOrder());

  /** The best; empty when none prevents anything. */
  Optional<PolicyResult> find() {
    return candidates()
        .filter(policy -> !looksTooFar(policy))
        .filter(policy -> policy.kills().prevented() > 0)
        .max(BY_WORTH);
  }

  /** Why it is enforced, and what must be said with that, a sentence each. */
  List<String> reasons(PolicyResult best) {
    List<String> reasons = new ArrayList<>();
    reasons.add(
        "of those that prevent most kills (%d of %d) it has the fewest false blocks (%d), and then the least slack"
            .formatted(
                best.kills().prevented(), best.kills().preventable(), best.blocks().falseBlocks()));
    List<String> leftOut = candidates().filter(this::looksTooFar).map(PolicyResult::name).toList();
    if (!leftOut.isEmpty()) {
      reasons.add(
          "left out, for they look back further than this recording reaches: "
              + String.join(", ", leftOut));
    }
    Judgement.Outcome verdict =
        Objects.requireNonNull(best.judgement(), "a candidate is judged").outcome();
    if (verdict != Judgement.Outcome.PASS) {
      reasons.add(
          "its verdict is %s: a production server would keep it in shadow; here it is put to the test"
              .formatted(verdict));
    }
    return reasons;
  }

  private Stream<PolicyResult> candidates() {
    return result.policies().stream().filter(policy -> !policy.kind().isReference());
  }

  private boolean looksTooFar(PolicyResult policy) {
    return FormulaLibrary.find(policy.name())
        .map(LibraryFormula::formula)
        .map(Formula::lookback)
        .filter(lookback -> lookback.compareTo(recorded) > 0)
        .isPresent();
  }

  private static double slack(PolicyResult policy) {
    Double gibHours = policy.slackGibHours();
    return gibHours == null ? Double.MAX_VALUE : gibHours;
  }
}
