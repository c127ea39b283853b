package dev.headroom.promotion;

import dev.headroom.engine.backtest.Judgement.Outcome;
import dev.headroom.engine.statistics.Poisson;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * What a stored run says of one policy.
 *
 * @param runId the run
 * @param recordingName what was replayed; absent for an ad-hoc time range
 * @param recordingHash its content hash
 * @param recordedUntil where the recording ends, or its last kill where its end is not known;
 *     absent when neither is
 * @param policy as it was replayed
 * @param verdict of that policy
 * @param reasons of the verdict
 * @param instanceDays evaluated time
 * @param justifiedBlocks refused statements that were running at a kill; the worse of the point
 *     result and the pessimistic bound
 * @param otherBlocks refused statements that were not, or of which nobody knows; likewise
 * @param kills all that were recorded
 * @param otherBlocksPerInstanceDayGoal how many of the other blocks were to be tolerated
 * @param parityTrusted whether the replay foretold what the live guard logged; absent where nobody
 *     compared them
 */
public record BacktestEvidence(
    UUID runId,
    @Nullable String recordingName,
    String recordingHash,
    @Nullable Instant recordedUntil,
    Policy policy,
    Outcome verdict,
    List<String> reasons,
    double instanceDays,
    int justifiedBlocks,
    int otherBlocks,
    int kills,
    double otherBlocksPerInstanceDayGoal,
    @Nullable Boolean parityTrusted) {

  private static final JsonMapper MAPPER = JsonMapper.shared();
  private static final double RATE_DAYS = 1000;

  public BacktestEvidence {
    reasons = List.copyOf(reasons);
  }

  /**
   * Reads what a run says of a policy.
   *
   * @param recordingEnd where a recording of this name ends, as the database knows it
   * @param policyName which of the run's policies; absent when it has but one
   * @throws PromotionRefusedException when the run has no such policy, several, or no verdicts
   */
  public static BacktestEvidence of(
      BacktestRun run, Optional<Instant> recordingEnd, @Nullable String policyName) {
    JsonNode verdicts = verdicts(run);
    List<Policy> candidates = candidates(verdicts);
    List<String> names = candidates.stream().map(Policy::name).toList();
    if (policyName == null && candidates.size() != 1) {
      throw new PromotionRefusedException(
          "run %s judged %d policies: %s; say which with --policy"
              .formatted(run.runId(), names.size(), String.join(", ", names)));
    }
    Policy policy =
        candidates.stream()
            .filter(each -> policyName == null || each.name().equals(policyName))
            .findFirst()
            .orElseThrow(() ->
                new PromotionRefusedException(
                    "run %s judged no policy '%s'; it judged: %s"
                        .formatted(run.runId(), policyName, String.join(", ", names))));
    return of(run, verdicts, recordingEnd, policy);
  }

  /** What a run says of exactly this policy, whatever it was called there; empty when nothing. */
  public static Optional<BacktestEvidence> find(
      BacktestRun run, Optional<Instant> recordingEnd, Policy policy) {
    JsonNode verdicts = verdicts(run);
    return candidates(verdicts).stream()
        .filter(each -> renamed(each, policy.name()).equals(policy))
        .findFirst()
        .map(each -> of(run, verdicts, recordingEnd, each));
  }

  /** The same policy under another name. */
  static Policy renamed(Policy policy, String name) {
    return new Policy(
        name,
        policy.formulaText(),
        policy.decidesOn(),
        policy.cadence(),
        policy.lag(),
        policy.minimumBytes(),
        policy.maximumBytes());
  }

  /**
   * Blocks that may happen on an instance in a day: those the replay foresees, and what is
   * tolerated.
   */
  double allowedBlocksPerInstanceDay(double confidence) {
    if (instanceDays == 0) {
      return otherBlocksPerInstanceDayGoal;
    }
    double justified = Poisson.upperBound(justifiedBlocks, instanceDays, confidence).orElseThrow();
    double other = Poisson.upperBound(otherBlocks, instanceDays, confidence).orElseThrow();
    return justified + Math.min(other, otherBlocksPerInstanceDayGoal);
  }

  private static BacktestEvidence of(
      BacktestRun run, JsonNode verdicts, Optional<Instant> recordingEnd, Policy policy) {
    JsonNode found = MAPPER.missingNode();
    for (JsonNode each : verdicts.path("policies")) {
      if (each.path("name").asString("").equals(policy.name())) {
        found = each;
      }
    }
    JsonNode verdict = found.path("verdict");
    if (!verdict.path("outcome").isString()) {
      throw new PromotionRefusedException(
          "run %s has no verdict on '%s'".formatted(run.runId(), policy.name()));
    }
    List<String> reasons = new ArrayList<>();
    verdict.path("reasons").forEach(reason -> reasons.add(reason.asString()));
    JsonNode point = found.path("blocks");
    JsonNode worst = found.path("pessimistic_blocks");
    JsonNode parity = verdicts.path("parity").path("is_below_threshold");
    return new BacktestEvidence(
        run.runId(),
        run.recordingName(),
        run.recordingHash(),
        recordedUntil(verdicts, recordingEnd),
        policy,
        Outcome.valueOf(verdict.get("outcome").stringValue().toUpperCase(Locale.ROOT)),
        reasons,
        found.path("instance_days").doubleValue(0),
        Math.max(point.path("justified").intValue(0), worst.path("justified").intValue(0)),
        Math.max(others(point), others(worst)),
        found.path("kills").path("total").intValue(0),
        verdicts.path("manifest").path("false_blocks_per_1000_instance_days_goal").doubleValue(0)
            / RATE_DAYS,
        parity.isBoolean() ? (Boolean) !parity.booleanValue() : null);
  }

  private static int others(JsonNode blocks) {
    return blocks.path("false").intValue(0) + blocks.path("undecided").intValue(0);
  }

  /** The document that has the verdicts: a search's own is the one on its hold-out. */
  private static JsonNode verdicts(BacktestRun run) {
    JsonNode root = MAPPER.readTree(run.resultJson());
    JsonNode verdicts = root.has("policies") ? root : root.path("on_hold_out");
    if (!verdicts.path("policies").isArray()) {
      throw new PromotionRefusedException(
          "run %s (%s) has no verdict on a single policy; promote a run of `backtest run`, `sweep` or `tune`"
              .formatted(run.runId(), run.kind()));
    }
    return verdicts;
  }

  private static List<Policy> candidates(JsonNode verdicts) {
    List<Policy> candidates = new ArrayList<>();
    for (JsonNode each : verdicts.path("manifest").path("policies")) {
      if (each.path("formula").isString()
          && each.path("kind").asString("candidate").equals("candidate")) {
        candidates.add(
            new Policy(
                each.get("name").stringValue(),
                each.get("formula").stringValue(),
                each.path("decides_on").asString("").equals("events")
                    ? Policy.Trigger.EVENTS
                    : Policy.Trigger.CADENCE,
                Duration.ofMillis(each.path("cadence_ms").longValue(0)),
                Duration.ofMillis(each.path("lag_ms").longValue(0)),
                findLong(each.path("minimum_bytes")),
                findLong(each.path("maximum_bytes"))));
      }
    }
    return candidates;
  }

  private static @Nullable Instant recordedUntil(
      JsonNode verdicts, Optional<Instant> recordingEnd) {
    JsonNode end = verdicts.path("manifest").path("ends_at");
    if (end.isString()) {
      return Instant.parse(end.stringValue());
    }
    if (recordingEnd.isPresent()) {
      return recordingEnd.get();
    }
    Instant last = null;
    for (JsonNode kill : verdicts.path("recording").path("kills")) {
      Instant at = Instant.parse(kill.get("killed_at").stringValue());
      last = last == null || at.isAfter(last) ? at : last;
    }
    return last;
  }

  private static @Nullable Long findLong(JsonNode node) {
    return node.isNumber() ? (Long) node.longValue() : null;
  }
}
