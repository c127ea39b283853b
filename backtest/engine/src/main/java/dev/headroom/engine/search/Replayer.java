package dev.headroom.engine.search;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import java.util.List;

/** Replays candidates over parts of one recording, as often as a search asks. */
@FunctionalInterface
public interface Replayer {

  /** What the candidates would have done in this part; every other part stays unread. */
  BacktestResult replay(Slice slice, List<Candidate> candidates, BacktestConfig config);

  /**
   * The same, for a verdict that people read: what tells whether the replay can be believed there
   * is found out too, if there is anything.
   */
  default BacktestResult judge(Slice slice, List<Candidate> candidates, BacktestConfig config) {
    return replay(slice, candidates, config);
  }
}
