package dev.headroom.engine.report;

import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.BacktestResult.JudgedKill;
import dev.headroom.engine.backtest.BacktestResult.ReplayedInstance;
import dev.headroom.engine.backtest.Comparison;
import dev.headroom.engine.backtest.Cost;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.backtest.KillCounts;
import dev.headroom.engine.backtest.Manifest;
import dev.headroom.engine.backtest.Manifest.PolicyEntry;
import dev.headroom.engine.backtest.Parity;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.Prices;
import dev.headroom.engine.kernel.Block;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.statistics.Estimate;
import dev.headroom.model.OomKill;
import dev.headroom.model.Policy;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.util.DefaultIndenter;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.databind.ObjectWriter;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A result as JSON: stable names with units, in a fixed order, absent values as {@code null}. The
 * same result gives the same bytes. {@code docs/backtest-json.md} describes every field.
 */
public final class JsonReport {

  /** Changes when a field goes or changes its meaning; new fields may come at any time. */
  public static final int SCHEMA_VERSION = 1;

  private static final JsonMapper MAPPER = JsonMapper.shared();
  private static final DefaultIndenter INDENT = new DefaultIndenter("  ", "\n");
  private static final ObjectWriter WRITER =
      MAPPER
          .writer()
          .with(new DefaultPrettyPrinter().withObjectIndenter(INDENT).withArrayIndenter(INDENT));
  private static final double RATE_DAYS = 1000;

  private JsonReport() {}

  /** The whole result, ended by a line feed. */
  public static String render(BacktestResult result) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("schema_version", SCHEMA_VERSION);
    root.set("manifest", manifest(result.manifest()));
    root.set("recording", recording(result));
    root.put("formulas_tried", result.formulasTried());
    root.set("prices", prices(result.prices()));
    ArrayNode policies = root.putArray("policies");
    for (PolicyResult policy : result.policies()) {
      ObjectNode node = policy(policy);
      node.set("explanation", explanation(Reasons.of(result, policy)));
      policies.add(node);
    }
    root.set("parity", result.parity().map(parity -> parity(parity, result)).orElse(null));
    return WRITER.writeValueAsString(root) + "\n";
  }

  /** Only the manifest: everything needed to run it again. */
  public static String renderManifest(Manifest manifest) {
    return WRITER.writeValueAsString(manifest(manifest)) + "\n";
  }

  private static ObjectNode manifest(Manifest manifest) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("engine_version", manifest.engineVersion());
    node.put("recording_name", manifest.recordingName());
    node.put("starts_at", manifest.startsAt() == null ? null : manifest.startsAt().toString());
    node.put("ends_at", manifest.endsAt() == null ? null : manifest.endsAt().toString());
    node.put("recording_hash", manifest.recordingHash());
    node.put("seed", manifest.config().seed());
    node.put("prevented_goal", manifest.config().preventedGoal());
    node.put(
        "false_blocks_per_1000_instance_days_goal",
        manifest.config().falseBlocksPer1000InstanceDaysGoal());
    node.put("confidence", manifest.config().confidence());
    Duration horizon = manifest.config().horizon();
    node.put("horizon_ms", horizon == null ? null : horizon.toMillis());
    node.put("against", manifest.config().against());
    node.put("tried_before_on_same_data", manifest.config().trials().onSameData());
    node.put("tried_before_on_other_data", manifest.config().trials().onOtherData());
    Prices prices = manifest.config().prices();
    node.put("kill_price", prices.kill());
    node.put("false_block_price", prices.falseBlock());
    node.put("gib_hour_price", prices.gibHour());
    node.put("price_unit", prices.unit());
    node.put("resamples", manifest.config().resamples());
    ArrayNode policies = node.putArray("policies");
    for (PolicyEntry entry : manifest.policies()) {
      ObjectNode policy = policies.addObject();
      policy.put("name", entry.name());
      policy.put("kind", Wording.word(entry.kind()));
      policy.put("formula", entry.formulaText());
      policy.put("formula_hash", entry.formulaHash());
      if (entry.decidesOn() != Policy.Trigger.CADENCE) {
        policy.put("decides_on", Wording.word(entry.decidesOn()));
      }
      policy.put("cadence_ms", entry.cadence().toMillis());
      policy.put("lag_ms", entry.lag().toMillis());
      policy.put("minimum_bytes", entry.minimumBytes());
      policy.put("maximum_bytes", entry.maximumBytes());
    }
    return node;
  }

  private static ObjectNode recording(BacktestResult result) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("instances", result.instances());
    node.put("instance_days", result.instanceDays());
    node.put("backend_hours", result.backendHours());
    node.put("gaps", result.gaps());
    node.put("fidelity", Wording.word(result.fidelity()));
    ArrayNode replayed = node.putArray("replayed");
    for (ReplayedInstance each : result.replayed()) {
      ObjectNode instance = replayed.addObject();
      instance.put("instance_id", each.instance().id().toString());
      instance.put("instance_days", each.instanceDays());
      instance.put("fidelity", Wording.word(each.fidelity()));
      ObjectNode labels = instance.putObject("labels");
      new TreeMap<>(each.instance().labels()).forEach(labels::put);
    }
    ArrayNode notes = node.putArray("notes");
    result.notes().forEach(notes::add);
    node.put("unpreventable_kills", result.unpreventableKills());
    node.put("secondary_kills", result.secondaryKills());
    ArrayNode kills = node.putArray("kills");
    result.kills().forEach(kill -> kills.add(kill(kill)));
    return node;
  }

  private static ObjectNode parity(Parity parity, BacktestResult result) {
    ObjectNode node = counts(parity);
    node.put("threshold", parity.threshold());
    node.put("is_below_threshold", parity.isBelowThreshold());
    ArrayNode instances = node.putArray("instances");
    result
        .parityByInstance()
        .forEach((id, each) -> instances.add(counts(each).put("instance_id", id.toString())));
    return node;
  }

  private static ObjectNode counts(Parity parity) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("predicted", parity.predicted());
    node.put("logged", parity.logged());
    node.put("agreed", parity.agreed());
    return node;
  }

  private static ObjectNode kill(JudgedKill judged) {
    OomKill kill = judged.kill();
    ObjectNode node = MAPPER.createObjectNode();
    node.put("kill_id", kill.killId().toString());
    node.put("incident_id", kill.incidentId().toString());
    node.put("instance_id", kill.instanceId() == null ? null : kill.instanceId().toString());
    node.put("killed_at", kill.killedAt().toString());
    node.put("victim_pid", kill.victim().hostPid());
    node.put("victim_kind", kill.victim().kind().description());
    node.put("victim_database", kill.victim().database());
    node.put("victim_user", kill.victim().user());
    node.put("victim_query_id", kill.victim().queryId());
    node.put("victim_query_fingerprint", kill.victim().queryFingerprint());
    node.put("victim_anon_bytes", kill.anonBytes());
    node.put("memory_usage_bytes", kill.memoryUsageBytes());
    node.put(
        "last_sampled_at",
        judged.lastSample() == null ? null : judged.lastSample().sampledAt().toString());
    return node;
  }

  private static ObjectNode policy(PolicyResult policy) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("name", policy.name());
    node.put("kind", Wording.word(policy.kind()));
    node.put("instances", policy.instances());
    ArrayNode skipped = node.putArray("skipped");
    for (PolicyResult.Skipped each : policy.skipped()) {
      ObjectNode entry = skipped.addObject();
      entry.put("instance_id", each.instanceId().toString());
      entry.put("reason", each.reason());
    }
    node.put("instance_days", policy.instanceDays());
    node.set("kills", kills(policy.kills()));
    node.set("pessimistic_kills", kills(policy.pessimisticKills()));
    node.set("prevented_share", estimate(policy.prevention(), 1));
    node.set("blocks", blocks(policy.blocks()));
    node.set("pessimistic_blocks", blocks(policy.pessimisticBlocks()));
    node.set(
        "false_blocks_per_1000_instance_days",
        estimate(policy.falseBlocksPerInstanceDay(), RATE_DAYS));
    node.put("breaches", policy.breaches());
    node.put("no_decisions", policy.noDecisions());
    node.put("compared_hours", policy.comparedHours());
    node.put("over_promise_gib_hours", policy.overPromiseGibHours());
    node.put("slack_gib_hours", policy.slackGibHours());
    node.set("cost", cost(policy.cost()));
    node.set("cost_per_instance_day", estimate(policy.costPerInstanceDay(), 1));
    node.put("regret_kills", policy.regretKills());
    node.set("comparison", comparison(policy.comparison()));
    node.set("verdict", judgement(policy.judgement()));
    ArrayNode outcomes = node.putArray("kill_verdicts");
    policy.killOutcomes().forEach(outcome -> outcomes.add(outcome(outcome)));
    ArrayNode refused = node.putArray("refused_statements");
    policy.instanceBlocks().forEach(block -> refused.add(block(block)));
    return node;
  }

  private static ObjectNode prices(Prices.Settled prices) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("kill", prices.kill());
    node.put("kill_source", Wording.word(prices.killSource()));
    node.put("false_block", prices.falseBlock());
    node.put("gib_hour", prices.gibHour());
    node.put("unit", prices.unit());
    return node;
  }

  private static @Nullable ObjectNode cost(@Nullable Cost cost) {
    if (cost == null) {
      return null;
    }
    ObjectNode node = MAPPER.createObjectNode();
    node.put("total", cost.total());
    node.put("missed", cost.missed());
    node.put("false_blocks", cost.falseBlocks());
    node.put("slack", cost.slack());
    node.put("undecided", cost.undecided());
    return node;
  }

  private static ObjectNode kills(KillCounts kills) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("total", kills.total());
    node.put("preventable", kills.preventable());
    node.put("prevented", kills.prevented());
    node.put("missed", kills.missed());
    node.put("unpreventable", kills.unpreventable());
    node.put("undecided_gap", kills.undecidedGap());
    node.put("undecided_censored", kills.undecidedCensored());
    node.put("undecided_thin", kills.undecidedThin());
    node.put(
        "undecided_share",
        kills.preventable() == 0
            ? null
            : (Double) ((double) kills.undecided() / kills.preventable()));
    node.put("secondary", kills.secondary());
    return node;
  }

  private static ObjectNode blocks(BlockCounts blocks) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("justified", blocks.justified());
    node.put("false", blocks.falseBlocks());
    node.put("undecided", blocks.undecided());
    return node;
  }

  private static @Nullable ObjectNode estimate(Estimate estimate, double factor) {
    return switch (estimate) {
      case Estimate.NoData() -> null;
      case Estimate.Known(double value, double lower, double upper) -> {
        ObjectNode node = MAPPER.createObjectNode();
        node.put("value", factor * value);
        node.put("lower", factor * lower);
        node.put("upper", factor * upper);
        yield node;
      }
    };
  }

  private static @Nullable ObjectNode comparison(@Nullable Comparison comparison) {
    if (comparison == null) {
      return null;
    }
    ObjectNode node = MAPPER.createObjectNode();
    node.put("against", comparison.against());
    node.put("both_prevent", comparison.both());
    node.put("only_this_prevents", comparison.onlyThis());
    node.put("only_against_prevents", comparison.onlyAgainst());
    node.put("neither_prevents", comparison.neither());
    node.put("discordant_instances", comparison.discordantInstances());
    node.put("mcnemar_p", comparison.pValue());
    node.put("needed_kills", comparison.neededKills());
    node.set("cost_per_instance_day", estimate(comparison.costPerInstanceDay(), 1));
    return node;
  }

  private static @Nullable ObjectNode judgement(@Nullable Judgement judgement) {
    if (judgement == null) {
      return null;
    }
    ObjectNode node = MAPPER.createObjectNode();
    node.put("outcome", Wording.word(judgement.outcome()));
    ArrayNode reasons = node.putArray("reasons");
    judgement.reasons().forEach(reasons::add);
    node.put("needed_kills", judgement.neededKills());
    node.put("needed_instance_days", judgement.neededInstanceDays());
    return node;
  }

  private static ArrayNode explanation(List<Reason> reasons) {
    ArrayNode node = MAPPER.createArrayNode();
    for (Reason reason : reasons) {
      ObjectNode entry = node.addObject();
      entry.put("topic", reason.topic());
      entry.put("text", reason.text());
      ArrayNode items = entry.putArray("items");
      reason.items().forEach(items::add);
    }
    return node;
  }

  private static ObjectNode outcome(KillOutcome outcome) {
    ObjectNode node = MAPPER.createObjectNode();
    node.put("kill_id", outcome.killId().toString());
    node.put("verdict", Wording.word(outcome.verdict()));
    node.put("pessimistic_verdict", Wording.word(outcome.pessimisticVerdict()));
    node.put(
        "first_kill_id", outcome.firstKillId() == null ? null : outcome.firstKillId().toString());
    node.put("limit_bytes", outcome.limitBytes());
    node.put("relief_bytes", outcome.reliefBytes());
    node.put("margin_bytes", outcome.marginBytes());
    node.put("blockable_bytes", outcome.blockableBytes());
    node.put("lead_ms", outcome.leadMs());
    return node;
  }

  private static ObjectNode block(PolicyResult.InstanceBlock instanceBlock) {
    Block block = instanceBlock.block();
    ObjectNode node = MAPPER.createObjectNode();
    node.put("instance_id", instanceBlock.instanceId().toString());
    node.put("class", Wording.word(block.blockClass()));
    node.put("pid", block.process().pid());
    node.put("kind", block.process().kind().description());
    node.put("statement_number", block.statementNumber());
    node.put("database", block.database());
    node.put("user", block.user());
    node.put("query_id", block.queryId());
    node.put("query_fingerprint", block.queryFingerprint());
    node.put("refused_by", at(block.refusedAtNs()));
    node.put("limit_bytes", block.limitBytes());
    node.put("growth_bytes", block.growthBytes());
    return node;
  }

  /** A moment as every report writes it. */
  static String at(long epochNs) {
    long perSecond = TimeUnit.SECONDS.toNanos(1);
    return Instant.ofEpochSecond(
            Math.floorDiv(epochNs, perSecond), Math.floorMod(epochNs, perSecond))
        .toString();
  }
}
