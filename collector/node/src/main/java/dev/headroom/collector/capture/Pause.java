package dev.headroom.collector.capture;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;

/** A sleep between two looks at a source that cannot be waited on. */
final class Pause {

  private Pause() {}

  /**
   * Sleeps for {@code ns}.
   *
   * @throws InterruptedIOException when the thread is interrupted; it stays so
   */
  static void of(long ns) throws IOException {
    try {
      Thread.sleep(Duration.ofNanos(ns));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("interrupted while waiting for OOM kills");
      interrupted.initCause(e);
      throw interrupted;
    }
  }
}
