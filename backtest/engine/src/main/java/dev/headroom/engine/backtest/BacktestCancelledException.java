package dev.headroom.engine.backtest;

/** A backtest was interrupted before it had a result. Nothing of it is kept. */
public final class BacktestCancelledException extends RuntimeException {

  public BacktestCancelledException() {
    super("the backtest was cancelled; run it again to get its result");
  }
}
