package dev.headroom.lab;

import java.util.Map;
import java.util.Set;

/**
 * Something that can happen to the memory of a Postgres, with what must come of it.
 *
 * @param name for commands and labels, such as {@code huge-sort}
 * @param title a few words
 * @param expectation whether the kernel kills
 * @param shows what a reader learns from it
 * @param memoryMaxBytes the limit of the victim's cgroup
 * @param victims how many Postgres servers take part, each in a cgroup of its own
 * @param groupKill whether one kill takes the whole server with it, as on Kubernetes
 * @param settings of the server, by name
 * @param needs what must be there; without it the scenario is skipped with the reason
 * @param workload what happens
 */
public record Scenario(
    String name,
    String title,
    Expectation expectation,
    String shows,
    long memoryMaxBytes,
    int victims,
    boolean groupKill,
    Map<String, String> settings,
    Set<Need> needs,
    Workload workload) {

  public Scenario {
    settings = Map.copyOf(settings);
    needs = Set.copyOf(needs);
  }

  /** What must come of a scenario. */
  public enum Expectation {
    /** The kernel kills at least once in every round. */
    KILLS,
    /** Nobody is killed and no session is lost. */
    SURVIVES
  }

  /** What not every machine and not every Postgres has. */
  public enum Need {
    /** The extension TimescaleDB. */
    TIMESCALEDB,
    /** Cgroup version 2, which alone kills a cgroup as a group. */
    CGROUP_V2
  }

  /** The part of a scenario that loads the server. */
  public interface Workload {

    /** Makes what the load needs, once per server; nothing is killed here. */
    default void prepare(Stage stage) throws Exception {}

    /** Loads the server once. It ends by itself, also when sessions are killed under it. */
    void load(Stage stage) throws Exception;
  }
}
