package dev.headroom.collector.flag;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.model.rollout.FlagEvaluation.Flag;
import dev.headroom.model.rollout.FlagState;
import dev.openfeature.sdk.ErrorCode;
import dev.openfeature.sdk.EvaluationContext;
import dev.openfeature.sdk.ImmutableMetadata;
import dev.openfeature.sdk.ProviderEvaluation;
import dev.openfeature.sdk.Structure;
import dev.openfeature.sdk.Value;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The flags that follow from rollouts, for OpenFeature. The targeting key is an instance's id, the
 * attribute {@code labels} its labels.
 */
public final class HeadroomProvider extends TextFlagProvider {

  private final KnownFlags known;

  public HeadroomProvider(KnownFlags known) {
    super("headroom");
    this.known = known;
  }

  @Override
  public ProviderEvaluation<String> getStringEvaluation(
      String key, String otherwise, EvaluationContext context) {
    Optional<FlagState> state = known.findUsable();
    if (state.isEmpty()) {
      return failed(otherwise, ErrorCode.PROVIDER_NOT_READY, known.absence());
    }
    String target = context.getTargetingKey();
    if (target == null || target.isEmpty()) {
      return failed(
          otherwise, ErrorCode.TARGETING_KEY_MISSING, "the targeting key is an instance's id");
    }
    InstanceId instance;
    try {
      instance = InstanceId.parse(target);
    } catch (IllegalArgumentException malformed) {
      return failed(
          otherwise,
          ErrorCode.INVALID_CONTEXT,
          "the targeting key '%s' is no instance's id, which is a UUID".formatted(target));
    }
    return FlagEvaluation.find(key, state.get(), instance, labels(context))
        .map(HeadroomProvider::answer)
        .orElseGet(() ->
            failed(
                otherwise,
                ErrorCode.FLAG_NOT_FOUND,
                "there is no flag %s; there are %s"
                    .formatted(key, String.join(", ", FlagEvaluation.KEYS))));
  }

  private static ProviderEvaluation<String> answer(Flag flag) {
    return ProviderEvaluation.<String>builder()
        .value(flag.value())
        .variant(flag.variant())
        .reason(flag.reason().name())
        .flagMetadata(metadata(flag.metadata()))
        .build();
  }

  private static ImmutableMetadata metadata(Map<String, Object> values) {
    ImmutableMetadata.ImmutableMetadataBuilder metadata = ImmutableMetadata.builder();
    values.forEach((name, value) -> {
      switch (value) {
        case Long number -> metadata.addLong(name, number);
        case Integer number -> metadata.addInteger(name, number);
        case Double number -> metadata.addDouble(name, number);
        default -> metadata.addString(name, value.toString());
      }
    });
    return metadata.build();
  }

  private static Map<String, String> labels(EvaluationContext context) {
    Value value = context.getValue(FlagEvaluation.LABELS);
    Map<String, String> labels = new HashMap<>();
    if (value != null && value.isStructure()) {
      Structure structure = value.asStructure();
      structure
          .asMap()
          .forEach((name, label) -> {
            if (label.isString()) {
              labels.put(name, label.asString());
            }
          });
    }
    return labels;
  }
}
