package dev.headroom.engine.backtest;

import dev.headroom.model.InstanceId;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One judgement over several results: of what was done, whichever policy did it in each of them.
 */
public final class PooledJudgement {

  private PooledJudgement() {}

  /**
   * Judges the first policy of each result as if they were one.
   *
   * @param results over parts of a recording that share no kill; in any number
   * @param config goals and confidence
   */
  public static Judgement of(List<BacktestResult> results, BacktestConfig config) {
    Pooled pooled = new Pooled();
    for (BacktestResult result : results) {
      Set<InstanceId> all =
          result.replayed().stream().map(each -> each.instance().id()).collect(Collectors.toSet());
      pooled.add(result, result.policies().getFirst(), all);
    }
    Judgement judgement = Judge.of(config, 1).judge(pooled.tallies(), null);
    return results.stream()
        .map(BacktestResult::parity)
        .flatMap(Optional::stream)
        .filter(Parity::isBelowThreshold)
        .findFirst()
        .map(parity -> judgement.untrusted(parity.describe()))
        .orElse(judgement);
  }
}
