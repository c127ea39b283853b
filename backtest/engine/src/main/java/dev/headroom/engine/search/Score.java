package dev.headroom.engine.search;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.Cost;
import dev.headroom.engine.backtest.KillCounts;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.Prices;
import dev.headroom.engine.statistics.Pareto;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How one candidate did in one part of a recording.
 *
 * @param candidate which
 * @param kills verdicts of the point result
 * @param falseBlocks statements refused for nothing
 * @param instanceDays evaluated time
 * @param overPromiseGibHours what the limit promised beyond the headroom; absent where nothing
 *     could be compared
 * @param slackGibHours what the limit withheld; absent likewise
 * @param cost at the prices of the search; memory that nobody knows of costs nothing, for every
 *     candidate alike
 */
public record Score(
    Candidate candidate,
    KillCounts kills,
    int falseBlocks,
    double instanceDays,
    @Nullable Double overPromiseGibHours,
    @Nullable Double slackGibHours,
    double cost) {

  /** The cheapest; then what prevents more, then what blocks less. Equals stay in their order. */
  static final Comparator<Score> CHEAPEST_FIRST =
      Comparator.comparingDouble(Score::cost)
          .thenComparing(score -> score.kills().prevented(), Comparator.reverseOrder())
          .thenComparingInt(Score::falseBlocks);

  /** The scores of these candidates, in their order. */
  static List<Score> of(BacktestResult result, List<Candidate> candidates) {
    return candidates.stream()
        .map(candidate ->
            of(
                candidate,
                result.findPolicy(candidate.policy().name()).orElseThrow(),
                result.prices()))
        .toList();
  }

  private static Score of(Candidate candidate, PolicyResult policy, Prices.Settled prices) {
    Cost cost = policy.cost();
    return new Score(
        candidate,
        policy.kills(),
        policy.blocks().falseBlocks(),
        policy.instanceDays(),
        policy.overPromiseGibHours(),
        policy.slackGibHours(),
        cost != null
            ? cost.total()
            : prices.kill() * policy.kills().missed()
                + prices.falseBlock() * policy.blocks().falseBlocks());
  }

  public String name() {
    return candidate.policy().name();
  }

  /** The scores that no other beats in prevented kills, false blocks and slack together. */
  static List<Score> front(List<Score> scores) {
    return Pareto.front(
        scores,
        List.of(
            score -> -score.kills().prevented(),
            Score::falseBlocks,
            score -> score.slackGibHours() == null ? 0 : score.slackGibHours()));
  }
}
