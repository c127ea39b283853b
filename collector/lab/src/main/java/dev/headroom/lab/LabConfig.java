package dev.headroom.lab;

import dev.headroom.embedded.PostgresInstall;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * How a lab runs.
 *
 * @param stateDirectory where runs keep their folders; every user must be able to enter it, because
 *     Postgres never runs as root
 * @param install the Postgres that is made to be killed
 * @param node the name the collector gives this machine
 * @param parallelism how many scenarios run at a time
 * @param rounds how often a scenario that kills runs its load
 * @param memoryMaxBytes a limit for every victim instead of the scenario's own; the expectations
 *     then need not hold
 * @param guard how the victims are guarded; absent for plain ones
 * @param collectorCommand starts the collector as a process of its own, outside the victims'
 *     cgroups; empty for none
 */
public record LabConfig(
    Path stateDirectory,
    PostgresInstall install,
    String node,
    int parallelism,
    int rounds,
    OptionalLong memoryMaxBytes,
    @Nullable LabGuard guard,
    @Nullable CollectorCommand collectorCommand) {

  public LabConfig {
    stateDirectory = stateDirectory.toAbsolutePath().normalize();
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism must be at least 1, not " + parallelism);
    }
    if (rounds < 1) {
      throw new IllegalArgumentException("rounds must be at least 1, not " + rounds);
    }
  }

  /** One scenario at a time, one round each, no collector. */
  public static LabConfig of(Path stateDirectory, PostgresInstall install, String node) {
    return new LabConfig(stateDirectory, install, node, 1, 1, OptionalLong.empty(), null, null);
  }

  public LabConfig withCollector(CollectorCommand command) {
    return new LabConfig(
        stateDirectory, install, node, parallelism, rounds, memoryMaxBytes, guard, command);
  }

  public LabConfig withRounds(int newRounds) {
    return new LabConfig(
        stateDirectory,
        install,
        node,
        parallelism,
        newRounds,
        memoryMaxBytes,
        guard,
        collectorCommand);
  }

  public LabConfig withParallelism(int newParallelism) {
    return new LabConfig(
        stateDirectory,
        install,
        node,
        newParallelism,
        rounds,
        memoryMaxBytes,
        guard,
        collectorCommand);
  }

  public LabConfig withGuard(@Nullable LabGuard newGuard) {
    return new LabConfig(
        stateDirectory,
        install,
        node,
        parallelism,
        rounds,
        memoryMaxBytes,
        newGuard,
        collectorCommand);
  }
}
