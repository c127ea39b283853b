package dev.headroom.model;

/**
 * What a cgroup's limit file says: a number of bytes, or {@code max}.
 *
 * <p>Unlimited is a type of its own because no number stands for it: every sentinel is somebody's
 * valid limit.
 */
public sealed interface MemoryLimit {

  /** The one value of {@link Unlimited}. */
  MemoryLimit UNLIMITED = new Unlimited();

  /** {@code max} in cgroup v2; on v1 any value at or above the page counter's maximum. */
  record Unlimited() implements MemoryLimit {
    @Override
    public String toString() {
      return "unlimited";
    }
  }

  /**
   * A limit in bytes.
   *
   * @param bytes 0 or more
   */
  record Bytes(long bytes) implements MemoryLimit {
    public Bytes {
      if (bytes < 0) {
        throw new IllegalArgumentException("a memory limit is 0 bytes or more, not " + bytes);
      }
    }

    @Override
    public String toString() {
      return bytes + " bytes";
    }
  }

  /**
   * A limit of so many bytes.
   *
   * @throws IllegalArgumentException when {@code bytes} is negative
   */
  static MemoryLimit ofBytes(long bytes) {
    return new Bytes(bytes);
  }
}
