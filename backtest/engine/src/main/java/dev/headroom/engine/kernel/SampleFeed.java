package dev.headroom.engine.kernel;

import dev.headroom.model.Fact;
import dev.headroom.model.Sample;

/** Hands out the samples of one instance in the order of time, a chunk at a time, once. */
public interface SampleFeed {

  /**
   * Fills the chunk with the next samples and their processes.
   *
   * @return whether there were any
   */
  boolean next(SampleChunk chunk);

  /** Reads a fact of the samples handed out last, one value for each; NaN where it is absent. */
  void readFact(Fact fact, double[] values);

  /**
   * One of the samples handed out last, whole.
   *
   * @param index in that chunk
   */
  Sample sample(int index);

  /**
   * What one of those samples says of the statement of one of its processes.
   *
   * @param index of the sample in that chunk
   * @param number of the process among those of the sample, in the order of the chunk's rows
   */
  SampledStatement statement(int index, int number);
}
