package dev.headroom.promotion;

import dev.headroom.promotion.GateResult.Outcome;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * What all gates say of a rollout at one moment: the evidence of a step.
 *
 * @param at the moment
 * @param gates each gate that has a say at this place
 */
public record Evaluation(Instant at, List<GateResult> gates) {

  public Evaluation {
    gates = List.copyOf(gates);
  }

  /** The worst that any gate says. */
  public Outcome outcome() {
    return gates.stream()
        .map(GateResult::outcome)
        .max(Comparator.naturalOrder())
        .orElse(Outcome.HOLD);
  }

  /** The gates that say what the outcome is, in words. */
  public String reason() {
    Outcome outcome = outcome();
    return outcome == Outcome.OPEN
        ? "every gate is open"
        : gates.stream()
            .filter(each -> each.outcome() == outcome)
            .map(each -> each.gate() + ": " + each.reason())
            .collect(Collectors.joining("; "));
  }

  /** As a tree for JSON. */
  public Map<String, Object> asMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("evaluated_at", at.toString());
    map.put("outcome", outcome().name().toLowerCase(Locale.ROOT));
    map.put(
        "gates",
        gates.stream()
            .map(each -> {
              Map<String, Object> gate = new LinkedHashMap<>();
              gate.put("gate", each.gate());
              gate.put("outcome", each.outcome().name().toLowerCase(Locale.ROOT));
              gate.put("reason", each.reason());
              gate.put("figures", each.figures());
              return gate;
            })
            .toList());
    return map;
  }

  /** As it is kept in an audit row. */
  public String toJson() {
    return JsonMapper.shared().writeValueAsString(asMap());
  }
}
