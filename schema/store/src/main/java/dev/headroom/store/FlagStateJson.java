package dev.headroom.store;

import dev.headroom.model.Policy;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.PolicyVersion;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A {@link FlagState} as the SQL function {@code headroom.flag_state()} writes it. */
public final class FlagStateJson {

  private static final JsonMapper MAPPER = JsonMapper.builder().build();

  private FlagStateJson() {}

  /**
   * Reads a state.
   *
   * @throws IllegalArgumentException when the text is none; the message says where
   */
  public static FlagState parse(String json) {
    try {
      JsonNode root = MAPPER.readTree(json);
      return new FlagState(
          get(root, "revision").asLong(),
          Optional.ofNullable(text(root, "stop")),
          list(root, "rollouts").stream().map(FlagStateJson::rollout).toList(),
          list(root, "policies").stream().map(FlagStateJson::policy).toList());
    } catch (JacksonException | DateTimeException | ClassCastException malformed) {
      throw new IllegalArgumentException(
          "this is no state of flags: " + malformed.getMessage(), malformed);
    }
  }

  /** Writes what {@link #parse} reads. */
  public static String write(FlagState state) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("revision", state.revision());
    root.put("stop", state.stop().orElse(null));
    var rollouts = root.putArray("rollouts");
    state.rollouts().forEach(rollout -> write(rollouts.addObject(), rollout));
    var policies = root.putArray("policies");
    state.policies().forEach(policy -> write(policies.addObject(), policy));
    return MAPPER.writeValueAsString(root);
  }

  private static Rollout rollout(JsonNode json) {
    JsonNode percent = json.get("canary_percent");
    return new Rollout(
        UUID.fromString(get(json, "rollout_id").asString()),
        get(json, "name").asString(),
        get(json, "policy_id").asString(),
        labels(get(json, "instance_labels")),
        RolloutStage.ofLabel(get(json, "stage").asString()),
        percent == null || percent.isNull() ? null : percent.asInt(),
        get(json, "paused").asBoolean(),
        instant(get(json, "created_at")),
        instant(get(json, "changed_at")),
        get(json, "revision").asLong());
  }

  private static void write(ObjectNode json, Rollout rollout) {
    json.put("rollout_id", rollout.rolloutId().toString())
        .put("name", rollout.name())
        .put("policy_id", rollout.policyId());
    ObjectNode labels = json.putObject("instance_labels");
    rollout.instanceLabels().forEach(labels::put);
    json.put("stage", rollout.stage().label())
        .put("canary_percent", rollout.canaryPercent())
        .put("paused", rollout.paused())
        .put("created_at", rollout.createdAt().toString())
        .put("changed_at", rollout.changedAt().toString())
        .put("revision", rollout.revision());
  }

  private static PolicyVersion policy(JsonNode json) {
    String trigger = text(json, "decides_on");
    return new PolicyVersion(
        get(json, "policy_id").asString(),
        get(json, "version").asInt(),
        new Policy(
            get(json, "name").asString(),
            get(json, "formula_text").asString(),
            trigger == null ? Policy.Trigger.CADENCE : Labels.get(Policy.Trigger.class, trigger),
            Duration.ofMillis(get(json, "cadence_ms").asLong()),
            Duration.ofMillis(get(json, "lag_ms").asLong()),
            bytes(json, "minimum_bytes"),
            bytes(json, "maximum_bytes")));
  }

  private static void write(ObjectNode json, PolicyVersion version) {
    Policy policy = version.policy();
    json.put("policy_id", version.policyId())
        .put("name", policy.name())
        .put("version", version.version())
        .put("formula_text", policy.formulaText())
        .put("decides_on", Labels.of(policy.decidesOn()))
        .put("cadence_ms", policy.cadence().toMillis())
        .put("lag_ms", policy.lag().toMillis())
        .put("minimum_bytes", policy.minimumBytes())
        .put("maximum_bytes", policy.maximumBytes());
  }

  private static Map<String, String> labels(JsonNode json) {
    Map<String, String> labels = new HashMap<>();
    json.forEachEntry((name, value) -> labels.put(name, value.asString()));
    return labels;
  }

  private static List<JsonNode> list(JsonNode json, String name) {
    return get(json, name).valueStream().toList();
  }

  private static JsonNode get(JsonNode json, String name) {
    JsonNode value = json.get(name);
    if (value == null || value.isNull()) {
      throw new IllegalArgumentException("this is no state of flags: it lacks " + name);
    }
    return value;
  }

  private static @Nullable String text(JsonNode json, String name) {
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? null : value.asString();
  }

  private static @Nullable Long bytes(JsonNode json, String name) {
    JsonNode value = json.get(name);
    return value == null || value.isNull() ? null : value.asLong();
  }

  private static Instant instant(JsonNode json) {
    return OffsetDateTime.parse(json.asString()).toInstant();
  }
}
