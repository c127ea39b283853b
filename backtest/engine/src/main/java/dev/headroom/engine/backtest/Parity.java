package dev.headroom.engine.backtest;

import dev.headroom.engine.statistics.Binomial;
import dev.headroom.engine.statistics.Estimate;
import java.util.Locale;

/**
 * How well the replay predicts what a live guard logged, statement by statement.
 *
 * @param predicted statements the replay refuses
 * @param logged statements the guard logged as blocked, or as would-blocks in shadow
 * @param agreed statements that are both
 * @param threshold the precision and the recall that are needed to trust the replay, in (0, 1]
 */
public record Parity(int predicted, int logged, int agreed, double threshold) {

  private static final double CONFIDENCE = 0.95;

  public Parity {
    if (agreed < 0 || agreed > Math.min(predicted, logged)) {
      throw new IllegalArgumentException(
          "%d statements agreed of %d predicted and %d logged"
              .formatted(agreed, predicted, logged));
    }
    if (!(threshold > 0 && threshold <= 1)) {
      throw new IllegalArgumentException(
          "the threshold of parity is above 0 and at most 1, not " + threshold);
    }
  }

  /** Both together; each statement counts the same. */
  public Parity plus(Parity other) {
    return new Parity(
        predicted + other.predicted, logged + other.logged, agreed + other.agreed, threshold);
  }

  /** The share of the predicted statements that were logged. */
  public Estimate precision() {
    return Binomial.wilson(agreed, predicted, CONFIDENCE);
  }

  /** The share of the logged statements that were predicted. */
  public Estimate recall() {
    return Binomial.wilson(agreed, logged, CONFIDENCE);
  }

  /**
   * Whether precision or recall is too low. With nothing predicted and nothing logged neither is;
   * one of them without the other is as low as can be.
   */
  public boolean isBelowThreshold() {
    return agreed < threshold * Math.max(predicted, logged);
  }

  /** Both shares in words, such as {@code precision 8/9, recall 8/10, threshold 80%}. */
  public String describe() {
    return String.format(
        Locale.ROOT,
        "precision %d/%d, recall %d/%d, threshold %.0f%%",
        agreed,
        predicted,
        agreed,
        logged,
        100 * threshold);
  }
}
