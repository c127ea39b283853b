package dev.headroom.lab;

/** Waiting between two looks at something the lab cannot be told about. */
final class Pause {

  private Pause() {}

  /**
   * @throws LabException when the thread is interrupted, which stays interrupted
   */
  static void ofMillis(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
