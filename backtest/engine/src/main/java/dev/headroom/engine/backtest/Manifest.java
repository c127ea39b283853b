package dev.headroom.engine.backtest;

import dev.headroom.engine.kernel.ReplayPolicy;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything a result depends on: the same manifest gives the same result, byte for byte.
 *
 * @param engineVersion changes whenever a result could
 * @param recordingName what was replayed; absent for an ad-hoc time range
 * @param startsAt the first moment that was judged; absent when everything was
 * @param endsAt the first moment after it; absent likewise
 * @param recordingHash the content hash of what was replayed
 * @param config goals, seed and comparison
 * @param policies what was replayed over it, in the order of the report
 */
public record Manifest(
    String engineVersion,
    @Nullable String recordingName,
    @Nullable Instant startsAt,
    @Nullable Instant endsAt,
    String recordingHash,
    BacktestConfig config,
    List<PolicyEntry> policies) {

  public Manifest {
    policies = List.copyOf(policies);
  }

  /**
   * One policy of a manifest.
   *
   * @param formulaText the formula in its canonical form; absent for a reference policy
   * @param formulaHash the hash of its syntax tree; absent likewise
   */
  public record PolicyEntry(
      String name,
      ReplayPolicy.Kind kind,
      @Nullable String formulaText,
      @Nullable String formulaHash,
      Policy.Trigger decidesOn,
      Duration cadence,
      Duration lag,
      @Nullable Long minimumBytes,
      @Nullable Long maximumBytes) {}
}
