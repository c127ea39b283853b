package dev.headroom.embedded;

/**
 * Hears, step by step, what a long operation does; the command line prints it on standard error.
 */
@FunctionalInterface
public interface Progress {

  /**
   * Something has begun.
   *
   * @param message one line for a person, without a line break
   */
  void step(String message);

  /** For callers that show nothing. */
  static Progress silent() {
    return message -> {};
  }
}
