package dev.headroom.web.ofrep;

import dev.headroom.model.Instance;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.model.rollout.FlagEvaluation.Flag;
import dev.headroom.model.rollout.FlagState;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The flags as flagd's own definition. flagd buckets by another hash than Headroom, so its {@code
 * fractional} could not give the same answers: each known instance is listed by its id instead, and
 * one that is not known yet gets the default, which does nothing.
 */
public final class FlagdDefinition {

  private static final String SCHEMA = "https://flagd.dev/schema/v0/flags.json";

  private FlagdDefinition() {}

  /** The definition that gives every one of these instances what {@link FlagEvaluation} does. */
  public static Map<String, Object> of(FlagState state, List<Instance> instances) {
    Map<String, Map<String, List<String>>> idsByVariantByFlag = new LinkedHashMap<>();
    Map<String, Map<String, String>> valuesByVariantByFlag = new LinkedHashMap<>();
    for (String key : FlagEvaluation.KEYS) {
      idsByVariantByFlag.put(key, new TreeMap<>());
      Map<String, String> values = new TreeMap<>();
      values.put(defaultVariant(key), key.equals(FlagEvaluation.MODE) ? "off" : "");
      valuesByVariantByFlag.put(key, values);
    }
    for (Instance instance : instances) {
      for (Flag flag : FlagEvaluation.list(state, instance.id(), instance.labels())) {
        get(valuesByVariantByFlag, flag.key()).put(flag.variant(), flag.value());
        get(idsByVariantByFlag, flag.key())
            .computeIfAbsent(flag.variant(), _ -> new ArrayList<>())
            .add(instance.id().toString());
      }
    }
    Map<String, Object> flags = new LinkedHashMap<>();
    for (String key : FlagEvaluation.KEYS) {
      Map<String, Object> flag = new LinkedHashMap<>();
      flag.put("state", "ENABLED");
      flag.put("variants", get(valuesByVariantByFlag, key));
      flag.put("defaultVariant", defaultVariant(key));
      flag.put("targeting", targeting(get(idsByVariantByFlag, key), defaultVariant(key)));
      flags.put(key, flag);
    }
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("$schema", SCHEMA);
    root.put("flags", flags);
    root.put(
        "metadata", Map.of("flagSetId", "headroom", "version", Long.toString(state.revision())));
    return root;
  }

  private static Map<String, Object> targeting(
      Map<String, List<String>> idsByVariant, String defaultVariant) {
    List<Object> branches = new ArrayList<>();
    idsByVariant.forEach((variant, ids) -> {
      if (!variant.equals(defaultVariant)) {
        branches.add(Map.of("in", List.of(Map.of("var", "targetingKey"), ids)));
        branches.add(variant);
      }
    });
    if (branches.isEmpty()) {
      return Map.of();
    }
    branches.add(defaultVariant);
    return Map.of("if", branches);
  }

  private static String defaultVariant(String key) {
    return key.equals(FlagEvaluation.MODE) ? "off" : FlagEvaluation.NONE;
  }

  private static <T> T get(Map<String, T> byFlag, String key) {
    T found = byFlag.get(key);
    if (found == null) {
      throw new IllegalStateException("there is no flag " + key);
    }
    return found;
  }
}
