package dev.headroom.lab;

/** What came of a scenario. */
public sealed interface Outcome {

  /**
   * The kernel killed.
   *
   * @param kills how often the kernel killed, by its own counter
   */
  record Killed(long kills) implements Outcome {
    @Override
    public String toString() {
      return "killed " + kills;
    }
  }

  /**
   * The guard refused, nobody was killed and no session was lost.
   *
   * @param errors statements that ended in {@code ERROR: out of memory} in a session that goes on
   */
  record Refused(long errors) implements Outcome {
    @Override
    public String toString() {
      return errors == 1 ? "1 clean error" : errors + " clean errors";
    }
  }

  /** Nobody was killed, no statement was refused and no session was lost. */
  record Survived() implements Outcome {
    @Override
    public String toString() {
      return "survived";
    }
  }

  /**
   * The scenario itself went wrong, so nothing can be said about memory.
   *
   * @param reason what happened
   */
  record Failed(String reason) implements Outcome {
    @Override
    public String toString() {
      return "error: " + reason;
    }
  }

  /**
   * The scenario could not run here.
   *
   * @param reason what was missing
   */
  record Skipped(String reason) implements Outcome {
    @Override
    public String toString() {
      return "skipped: " + reason;
    }
  }
}
