package dev.headroom.web.backtest;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.model.Recording;
import java.util.List;
import java.util.UUID;

/**
 * Runs a backtest as the command does, and keeps it: whoever puts the process together knows how.
 */
@FunctionalInterface
public interface BacktestEngine {

  /**
   * Replays candidates over a recording of the database.
   *
   * @return the run's id
   * @throws dev.headroom.engine.backtest.BacktestCancelledException when this thread is interrupted
   */
  UUID run(Recording recording, List<Candidate> candidates, ProgressListener progress);
}
