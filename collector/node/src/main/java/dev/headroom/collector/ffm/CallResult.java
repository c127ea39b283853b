package dev.headroom.collector.ffm;

import java.io.IOException;

/**
 * What a C function returned.
 *
 * @param function its name
 * @param value the return value; pointers as addresses
 * @param errno the errno after the call; means something only when the value says that the call
 *     failed
 */
public record CallResult(String function, long value, int errno) {

  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int EINTR = 4;
  public static final int EAGAIN = 11;
  public static final int EACCES = 13;
  public static final int EINVAL = 22;
  public static final int EPIPE = 32;

  /** Whether the call failed, for functions that return a negative value then. */
  public boolean failed() {
    return value < 0;
  }

  /**
   * The value.
   *
   * @param doing what was being done to what, for the message
   * @throws IOException when the call failed
   */
  public long orThrow(String doing) throws IOException {
    if (failed()) {
      throw failure(doing);
    }
    return value;
  }

  /**
   * The address, for functions that return NULL on failure.
   *
   * @throws IOException when it is NULL
   */
  public long addressOrThrow(String doing) throws IOException {
    if (value == 0) {
      throw failure(doing);
    }
    return value;
  }

  /** What went wrong, with the step that helps. */
  public IOException failure(String doing) {
    return new IOException("%s: %s: %s".formatted(doing, function, LibC.describe(errno)));
  }
}
