package dev.headroom.lab;

/** Hears what a lab does while it does it, from several threads. */
public interface LabListener {

  /** For callers that show nothing. */
  LabListener SILENT = new LabListener() {};

  /** A scenario's servers are about to be started. */
  default void scenarioStarted(Scenario scenario) {}

  /**
   * A server is about to be loaded.
   *
   * @param memory tells what it holds while the load runs
   */
  default void loading(Scenario scenario, MemoryProbe memory) {}

  /** The load is over; what its sessions held may be given back from now on. */
  default void loaded(Scenario scenario) {}

  /** The kernel killed; {@code kills} is the scenario's count so far. */
  default void killed(Scenario scenario, long kills) {}

  /** A scenario is over and its servers are stopped. */
  default void scenarioEnded(ScenarioResult result) {}

  /**
   * Something else that a person may want to know.
   *
   * @param message one line
   */
  default void note(String message) {}
}
