package dev.headroom.collector.duty;

import java.io.IOException;
import java.time.Duration;

/** Work that is done in turns by one thread. */
public interface Duty {

  /** What it is, in a word; names its thread and its metrics. */
  String name();

  /**
   * Does what is due.
   *
   * @return how long to wait before the next turn; zero when there is more to do at once
   * @throws IOException when it could not; the next turn comes after a pause
   */
  Duration doWork() throws IOException;
}
