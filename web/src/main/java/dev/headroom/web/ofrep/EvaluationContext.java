package dev.headroom.web.ofrep;

import dev.headroom.model.InstanceId;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.web.http.WebJson;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Which instance a client asks for.
 *
 * @param instance the context's {@code targetingKey}
 * @param labels the context's attribute of that name; none when it is absent
 */
record EvaluationContext(InstanceId instance, Map<String, String> labels) {

  /** What the protocol calls the ways in which a request can be wrong. */
  enum Fault {
    PARSE_ERROR,
    TARGETING_KEY_MISSING,
    INVALID_CONTEXT
  }

  /** A request that says too little or something else. */
  static final class InvalidException extends RuntimeException {
    private final Fault fault;

    private InvalidException(Fault fault, String message) {
      super(message);
      this.fault = fault;
    }

    Fault fault() {
      return fault;
    }
  }

  /**
   * Reads the body of a request.
   *
   * @throws InvalidException when it is not what the protocol wants, or names no instance
   */
  static EvaluationContext parse(String body) {
    JsonNode root;
    try {
      root = WebJson.mapper().readTree(body);
    } catch (JacksonException e) {
      throw new InvalidException(Fault.PARSE_ERROR, "the body is no JSON");
    }
    JsonNode context = root == null || !root.isObject() ? null : root.get("context");
    if (context == null || !context.isObject()) {
      throw new InvalidException(
          Fault.INVALID_CONTEXT, "the body is an object with an object 'context'");
    }
    return new EvaluationContext(instance(context), labels(context));
  }

  private static InstanceId instance(JsonNode context) {
    JsonNode key = context.path("targetingKey");
    if (!key.isString() || key.stringValue().isBlank()) {
      throw new InvalidException(
          Fault.TARGETING_KEY_MISSING, "'targetingKey' is the id of an instance");
    }
    try {
      UUID id = UUID.fromString(key.stringValue());
      if (id.toString().equalsIgnoreCase(key.stringValue())) {
        return new InstanceId(id);
      }
    } catch (IllegalArgumentException e) {
      // The same answer as for an id with digits left out.
    }
    throw new InvalidException(
        Fault.INVALID_CONTEXT, "'targetingKey' is the id of an instance, a UUID");
  }

  private static Map<String, String> labels(JsonNode context) {
    JsonNode given = context.path(FlagEvaluation.LABELS);
    if (given.isMissingNode() || given.isNull()) {
      return Map.of();
    }
    Map<String, String> labels = new LinkedHashMap<>();
    if (given.isObject()) {
      given.forEachEntry((name, value) -> {
        if (value.isString()) {
          labels.put(name, value.stringValue());
        }
      });
    }
    if (!given.isObject() || labels.size() != given.size()) {
      throw new InvalidException(Fault.INVALID_CONTEXT, "'labels' is an object of texts");
    }
    return labels;
  }
}
