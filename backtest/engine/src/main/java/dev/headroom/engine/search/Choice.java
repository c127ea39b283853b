package dev.headroom.engine.search;

import dev.headroom.engine.backtest.BacktestResult;
import java.util.List;

/**
 * What a search chose, and how it does where nobody looked while choosing.
 *
 * @param split what it chose on, and what was held out
 * @param scores of every formula tried on the choosing part, in the order of the trial
 * @param front those that no other beats in everything, cheapest first
 * @param winner the cheapest
 * @param onHoldOut the winner and the reference policies over the hold-out
 */
public record Choice(
    HoldOut.Split split,
    List<Score> scores,
    List<Score> front,
    Score winner,
    BacktestResult onHoldOut) {

  public Choice {
    scores = List.copyOf(scores);
    front = List.copyOf(front);
  }

  /** How many formulas were tried. */
  public int tried() {
    return scores.size();
  }
}
