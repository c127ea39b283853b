package dev.headroom.lab;

import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a run of the lab did.
 *
 * @param runId names the run's folder and cgroups
 * @param results one per scenario, in the order they were asked for
 * @param startedAt before the first server was started
 * @param endedAt after the last one was stopped
 */
public record LabReport(
    String runId, List<ScenarioResult> results, Instant startedAt, Instant endedAt) {

  public LabReport {
    results = List.copyOf(results);
  }

  /** Kills by the kernel's own counters: as many rows must be stored for these instances. */
  public long oomKills() {
    return results.stream().mapToLong(ScenarioResult::oomKills).sum();
  }

  /** Every server of the run. */
  public List<ScenarioResult.VictimResult> victims() {
    return results.stream().flatMap(result -> result.victims().stream()).toList();
  }

  /** The results that did not come as their scenario says; skipped ones are none of them. */
  public List<ScenarioResult> unexpected() {
    return results.stream()
        .filter(result -> !(result.outcome() instanceof Outcome.Skipped) && !result.asExpected())
        .toList();
  }

  /** The scenarios that could not run here. */
  public Stream<ScenarioResult> skipped() {
    return results.stream().filter(result -> result.outcome() instanceof Outcome.Skipped);
  }
}
