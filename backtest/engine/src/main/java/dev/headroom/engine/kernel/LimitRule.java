package dev.headroom.engine.kernel;

/**
 * What decides a limit. One rule serves any number of replays; each starts its own run, so that
 * nothing one recording taught a rule reaches another.
 */
@FunctionalInterface
public interface LimitRule {

  /** Starts a run over one recording. */
  Run start(ReplayInput input);

  /** One pass over one recording, sample by sample. */
  interface Run {

    /** Takes notice of a sample. Called once for every sample, in order. */
    default void observe(int sample) {}

    /**
     * The limit decided at the sample observed last, in bytes, from it and earlier ones only. NaN,
     * an infinite or a negative result is no decision.
     */
    double limitBytes(int sample);
  }
}
