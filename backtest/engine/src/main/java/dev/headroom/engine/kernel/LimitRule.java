package dev.headroom.engine.kernel;

import dev.headroom.model.InstanceId;

/**
 * What decides a limit. One rule serves any number of replays; each starts its own run, so that
 * nothing one recording taught a rule reaches another.
 */
@FunctionalInterface
public interface LimitRule {

  /** Starts a run over one recording of this instance. */
  Run start(InstanceId instance);

  /** One pass over one recording. */
  @FunctionalInterface
  interface Run {

    /**
     * Computes the limit at each of the next samples, due or not, from it and earlier ones only.
     * Every sample of a recording is given once, in order, in chunks of any length.
     *
     * @param limitBytes receives the limit at each sample of the chunk; NaN, an infinite or a
     *     negative one is no decision
     */
    void limits(ReplayChunk chunk, double[] limitBytes);
  }
}
