package dev.headroom.engine.kernel;

/** Hears every limit that a policy decides, in the order of time. */
@FunctionalInterface
public interface LimitListener {

  /**
   * A limit was decided.
   *
   * @param atNs when, in nanoseconds since the epoch
   */
  void decided(long atNs, long limitBytes);
}
