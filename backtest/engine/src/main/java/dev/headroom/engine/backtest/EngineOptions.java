package dev.headroom.engine.backtest;

/**
 * How a backtest is run. Nothing in its result depends on it.
 *
 * @param threads how many instances are replayed at once, 1 or more
 * @param interpreted whether formulas are interpreted instead of compiled: slower, for comparison
 */
public record EngineOptions(int threads, boolean interpreted) {

  public EngineOptions {
    if (threads < 1) {
      throw new IllegalArgumentException("a backtest needs 1 or more threads, not " + threads);
    }
  }

  /** One thread for each processor, formulas compiled. */
  public static EngineOptions ofThisMachine() {
    return new EngineOptions(Runtime.getRuntime().availableProcessors(), false);
  }

  public EngineOptions withThreads(int other) {
    return new EngineOptions(other, interpreted);
  }

  public EngineOptions withInterpreter() {
    return new EngineOptions(threads, true);
  }
}
