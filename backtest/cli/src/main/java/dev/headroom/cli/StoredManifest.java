package dev.headroom.cli;

import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.Prices;
import dev.headroom.engine.backtest.Trials;
import dev.headroom.formula.FormulaException;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The manifest of a stored run as what it made: candidates, configuration, recording. */
final class StoredManifest {

  private final JsonNode manifest;

  private StoredManifest(JsonNode manifest) {
    this.manifest = manifest;
  }

  /**
   * Reads the manifest of a run.
   *
   * @throws CommandFailure when it is none
   */
  static StoredManifest of(BacktestRun run) {
    try {
      return new StoredManifest(Json.read(run.manifestJson()));
    } catch (JacksonException e) {
      throw damaged(run, "it is no JSON", e);
    }
  }

  static CommandFailure damaged(BacktestRun run, String why, RuntimeException cause) {
    return new CommandFailure(
        ExitCode.FAILED,
        "the manifest of run " + run.runId() + " cannot be replayed: " + why,
        cause);
  }

  String recordingHash() {
    return manifest.path("recording_hash").asString("");
  }

  /** What it was replayed over, where that was an ad-hoc range. */
  Optional<TimeRange> findRange() {
    JsonNode from = manifest.path("starts_at");
    JsonNode to = manifest.path("ends_at");
    return from.isString() && to.isString()
        ? Optional.of(
            new TimeRange(Instant.parse(from.stringValue()), Instant.parse(to.stringValue())))
        : Optional.empty();
  }

  /** The search that was made; empty for a plain run. */
  Optional<SearchSpec> findSearch() {
    JsonNode search = manifest.path("search");
    return search.isObject()
        ? Optional.of(new SearchSpec(candidates(), SearchManifest.read(search), config()))
        : Optional.empty();
  }

  BacktestConfig config() {
    JsonNode killPrice = manifest.path("kill_price");
    return BacktestConfig.DEFAULT
        .withSeed(manifest.path("seed").longValue())
        .withGoals(
            manifest.path("prevented_goal").doubleValue(),
            manifest.path("false_blocks_per_1000_instance_days_goal").doubleValue())
        .withHorizon(findDuration(manifest, "horizon_ms"))
        .withAgainst(
            manifest.path("against").isString() ? manifest.get("against").stringValue() : null)
        .withResamples(manifest.path("resamples").intValue())
        .withTrials(
            new Trials(
                manifest.path("tried_before_on_same_data").intValue(),
                manifest.path("tried_before_on_other_data").intValue()))
        .withPrices(
            new Prices(
                killPrice.isNumber() ? (Double) killPrice.doubleValue() : null,
                manifest.path("false_block_price").doubleValue(),
                manifest.path("gib_hour_price").doubleValue(),
                manifest.path("price_unit").asString("")));
  }

  /**
   * The formulas, as the manifest has them.
   *
   * @throws FormulaException when one is none any more
   */
  List<Candidate> candidates() {
    List<Candidate> candidates = new ArrayList<>();
    for (JsonNode policy : manifest.path("policies")) {
      if (policy.path("formula").isString()) {
        candidates.add(
            Candidate.parse(
                new Policy(
                    policy.get("name").stringValue(),
                    policy.get("formula").stringValue(),
                    policy.path("decides_on").asString("").equals("events")
                        ? Policy.Trigger.EVENTS
                        : Policy.Trigger.CADENCE,
                    Duration.ofMillis(policy.path("cadence_ms").longValue()),
                    Duration.ofMillis(policy.path("lag_ms").longValue()),
                    findLong(policy, "minimum_bytes"),
                    findLong(policy, "maximum_bytes"))));
      }
    }
    return candidates;
  }

  private static @Nullable Long findLong(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isNumber() ? (Long) value.longValue() : null;
  }

  private static @Nullable Duration findDuration(JsonNode node, String field) {
    Long ms = findLong(node, field);
    return ms == null ? null : Duration.ofMillis(ms);
  }
}
