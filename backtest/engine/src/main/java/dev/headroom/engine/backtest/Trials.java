package dev.headroom.engine.backtest;

/**
 * How many formulas were tried before those of a run, by a sweep or a tuning.
 *
 * @param onSameData over the recording of the run: the best of them looks better than it is, so
 *     each of the run's verdicts has to be surer
 * @param onOtherData over data that the run does not see, which costs its verdicts nothing
 */
public record Trials(int onSameData, int onOtherData) {

  /** Nothing was tried before. */
  public static final Trials NONE = new Trials(0, 0);

  public Trials {
    if (onSameData < 0 || onOtherData < 0) {
      throw new IllegalArgumentException(
          "formulas tried are 0 or more, not " + onSameData + " and " + onOtherData);
    }
  }
}
