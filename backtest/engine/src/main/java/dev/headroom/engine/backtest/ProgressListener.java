package dev.headroom.engine.backtest;

import dev.headroom.model.InstanceId;

/** Hears how far a backtest is. Called on the thread that runs it; nothing depends on it. */
@FunctionalInterface
public interface ProgressListener {

  /** Nobody listens. */
  ProgressListener NONE = (_, _) -> {};

  /** All policies were replayed over this instance, the {@code done}-th. */
  void instanceReplayed(InstanceId instance, int done);
}
