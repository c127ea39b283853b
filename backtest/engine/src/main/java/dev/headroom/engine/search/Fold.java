package dev.headroom.engine.search;

import dev.headroom.engine.backtest.BacktestResult;

/**
 * One step of a walk forward: what won in training, over the test that follows.
 *
 * @param training what was chosen on
 * @param test what it was judged on; it starts the purge and the embargo after the training ends
 * @param winner with its score in training
 * @param tested the winner and the reference policies over the test
 */
public record Fold(Slice training, Slice test, Score winner, BacktestResult tested) {}
