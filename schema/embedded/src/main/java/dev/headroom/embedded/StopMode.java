package dev.headroom.embedded;

/** How to ask a Postgres server to end. */
public enum StopMode {
  /** Ends sessions, writes everything out: the next start needs no recovery. */
  FAST("INT"),
  /**
   * Ends at once as in a crash: the next start recovers from the log; nothing committed is lost.
   */
  IMMEDIATE("QUIT");

  private final String signal;

  StopMode(String signal) {
    this.signal = signal;
  }

  /** As {@code pg_ctl kill} names it. */
  String signal() {
    return signal;
  }
}
