package dev.headroom.engine.recording;

import dev.headroom.engine.recording.InstanceLoader.OutOfOrderException;

/**
 * Takes one instance's samples and processes as rows of whole numbers: all samples in the order of
 * time, then all processes in the order of time, pid and start time. {@link InstanceLoader} has the
 * order of the numbers in a row.
 */
public interface RowLoader {

  /** The number that stands for a text in rows. */
  int text(String text);

  /**
   * Takes the next sample.
   *
   * @param present one bit for each value, set where there is one
   * @throws OutOfOrderException when it is not later than the one before
   */
  void sample(long[] values, long present);

  /**
   * Takes the next process, after every sample was taken.
   *
   * @param present one bit for each value, set where there is one
   * @return false when there is no sample at its time; it is left out
   * @throws OutOfOrderException when it does not come after the one before
   */
  boolean process(long[] values, long present);
}
