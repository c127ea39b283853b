package dev.headroom.promotion;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * What the steps of one rollout ask for. Times are in milliseconds, rates for each instance-day.
 *
 * @param automatic whether the controller takes the rollout upwards when its gates are open; pauses
 *     and rollbacks are always its own
 * @param canaryPercents the ladder's canaries
 * @param backtestMaxAgeMs how old the end of the recording may be when a policy first goes live
 * @param shadowSoakMs least time in shadow
 * @param canarySoakMs least time at each canary that reaches an instance
 * @param minimumDecisions least evaluations in a stage, over all instances
 * @param decisionStandsMs how long one decision counts as exposure, at most
 * @param silenceMs an instance that was not evaluated for so long is silent
 * @param silentShare the share of silent instances that still is no missing data
 * @param alpha the chance that the guardrails together raise a false alarm in one watch, in (0,
 *     0.5]
 * @param minimumBlocks fewer blocks never roll back
 * @param minimumKills fewer kills never roll back
 * @param allowedBlocksPerInstanceDay instead of what the backtest lets expect
 * @param allowedKillsPerInstanceDay instead of what the backtest and the control let expect
 * @param troublesToPause so many lapses of leases and troubles of collectors pause the rollout
 * @param sampleRatioAlpha below this p-value the share of instances under canary is not what chance
 *     makes of it
 */
public record GateSettings(
    boolean automatic,
    List<Integer> canaryPercents,
    long backtestMaxAgeMs,
    long shadowSoakMs,
    long canarySoakMs,
    long minimumDecisions,
    long decisionStandsMs,
    long silenceMs,
    double silentShare,
    double alpha,
    int minimumBlocks,
    int minimumKills,
    @Nullable Double allowedBlocksPerInstanceDay,
    @Nullable Double allowedKillsPerInstanceDay,
    int troublesToPause,
    double sampleRatioAlpha) {

  public static final GateSettings DEFAULT =
      new GateSettings(
          false,
          Ladder.DEFAULT.canaryPercents(),
          Duration.ofDays(14).toMillis(),
          Duration.ofDays(1).toMillis(),
          Duration.ofDays(1).toMillis(),
          1000,
          Duration.ofMinutes(1).toMillis(),
          Duration.ofMinutes(2).toMillis(),
          0.1,
          0.05,
          4,
          2,
          null,
          null,
          5,
          0.001);

  private static final JsonMapper MAPPER =
      JsonMapper.builder()
          .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  public GateSettings {
    canaryPercents = new Ladder(canaryPercents).canaryPercents();
    require(backtestMaxAgeMs > 0 && decisionStandsMs > 0 && silenceMs > 0, "times are above 0");
    require(
        shadowSoakMs >= 0 && canarySoakMs >= 0 && minimumDecisions >= 0,
        "soaks and least numbers are 0 or more");
    require(silentShare >= 0 && silentShare < 1, "silent_share is from 0 to below 1");
    require(alpha > 0 && alpha <= 0.5, "alpha is above 0 and at most 0.5");
    require(
        sampleRatioAlpha >= 0 && sampleRatioAlpha < 1, "sample_ratio_alpha is from 0 to below 1");
    require(
        minimumBlocks >= 1 && minimumKills >= 1 && troublesToPause >= 1,
        "numbers of events are 1 or more");
    require(
        (allowedBlocksPerInstanceDay == null || allowedBlocksPerInstanceDay > 0)
            && (allowedKillsPerInstanceDay == null || allowedKillsPerInstanceDay > 0),
        "allowed rates are above 0");
  }

  /**
   * Reads settings; what is left out is the default.
   *
   * @param json a JSON object, such as {@code {"shadow_soak_ms": 60000}}
   * @throws IllegalArgumentException when it is none, or has an unknown or impossible setting
   */
  public static GateSettings parse(String json) {
    try {
      JsonNode given = MAPPER.readTree(json);
      require(given.isObject(), "they are a JSON object, such as {\"shadow_soak_ms\": 60000}");
      ObjectNode merged = MAPPER.valueToTree(DEFAULT);
      for (Map.Entry<String, JsonNode> each : given.properties()) {
        require(
            merged.has(each.getKey()),
            "there is no '" + each.getKey() + "'; there are " + merged.propertyNames());
        merged.set(each.getKey(), each.getValue());
      }
      return MAPPER.treeToValue(merged, GateSettings.class);
    } catch (JacksonException e) {
      Throwable cause = e.getCause();
      throw new IllegalArgumentException(
          cause instanceof IllegalArgumentException known
              ? known.getMessage()
              : "the gates' settings cannot be read: " + e.getOriginalMessage(),
          e);
    }
  }

  /** Every setting, also those that are the default: a JSON object. */
  public String toJson() {
    return MAPPER.writeValueAsString(this);
  }

  /** The same, and whether the controller takes the rollout upwards. */
  public GateSettings withAutomatic(boolean other) {
    return new GateSettings(
        other,
        canaryPercents,
        backtestMaxAgeMs,
        shadowSoakMs,
        canarySoakMs,
        minimumDecisions,
        decisionStandsMs,
        silenceMs,
        silentShare,
        alpha,
        minimumBlocks,
        minimumKills,
        allowedBlocksPerInstanceDay,
        allowedKillsPerInstanceDay,
        troublesToPause,
        sampleRatioAlpha);
  }

  public Ladder ladder() {
    return new Ladder(canaryPercents);
  }

  private static void require(boolean holds, String rule) {
    if (!holds) {
      throw new IllegalArgumentException("the gates' settings: " + rule);
    }
  }
}
