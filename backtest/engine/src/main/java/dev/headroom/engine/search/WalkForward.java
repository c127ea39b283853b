package dev.headroom.engine.search;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.PooledJudgement;
import dev.headroom.engine.backtest.Trials;
import dev.headroom.model.Recording;
import java.util.ArrayList;
import java.util.List;

/**
 * What would have come of choosing anew again and again: each fold chooses on the past and is
 * judged on what followed.
 *
 * @param folds in order of time
 * @param tried how many formulas each fold chose from
 * @param judgement of the choosing, over all tests together
 */
public record WalkForward(List<Fold> folds, int tried, Judgement judgement) {

  public WalkForward {
    folds = List.copyOf(folds);
  }

  /**
   * Walks forward.
   *
   * @param candidates what each fold chooses from; never empty
   */
  public static WalkForward run(
      Recording recording,
      WalkPlan plan,
      List<Candidate> candidates,
      Replayer replayer,
      BacktestConfig config,
      Search.Progress progress) {
    List<Fold> folds = new ArrayList<>();
    for (WalkPlan.Cut cut : plan.cut(recording)) {
      Score winner =
          Search.scoreInBatches(
                  replayer, cut.training(), candidates, Search.forChoosing(config), progress)
              .stream()
              .min(Score.CHEAPEST_FIRST)
              .orElseThrow();
      folds.add(
          new Fold(
              cut.training(),
              cut.test(),
              winner,
              replayer.judge(
                  cut.test(),
                  List.of(winner.candidate()),
                  config.withTrials(new Trials(0, candidates.size() - 1)))));
    }
    return new WalkForward(
        folds,
        candidates.size(),
        PooledJudgement.of(folds.stream().map(Fold::tested).toList(), config));
  }
}
