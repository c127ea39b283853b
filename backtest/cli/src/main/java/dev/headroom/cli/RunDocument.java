package dev.headroom.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The result of a run as its JSON has it, whether it is stored or was just made: what `show`,
 * `diff` and `export` read.
 */
record RunDocument(JsonNode root) {

  static RunDocument of(String resultJson) {
    return new RunDocument(Json.read(resultJson));
  }

  /**
   * The result that verdicts on kills are in: a search's own on its hold-out.
   *
   * @return empty for a walk, which has one for each fold
   */
  Optional<RunDocument> findVerdicts() {
    if (root.has("policies")) {
      return Optional.of(this);
    }
    return root.has("on_hold_out")
        ? Optional.of(new RunDocument(root.get("on_hold_out")))
        : Optional.empty();
  }

  List<JsonNode> policies() {
    return list(root.path("policies"));
  }

  /** The policies that were judged. */
  List<JsonNode> candidates() {
    return policies().stream()
        .filter(policy -> policy.path("kind").asString("").equals("candidate"))
        .toList();
  }

  Optional<JsonNode> findPolicy(String name) {
    return policies().stream()
        .filter(policy -> policy.path("name").asString("").equals(name))
        .findFirst();
  }

  /** By id: every kill that was replayed, in the order of the result. */
  Map<String, JsonNode> kills() {
    Map<String, JsonNode> kills = new LinkedHashMap<>();
    root.path("recording").path("kills").forEach(kill -> kills.put(text(kill, "kill_id"), kill));
    return kills;
  }

  static List<JsonNode> list(JsonNode array) {
    List<JsonNode> elements = new ArrayList<>();
    array.forEach(elements::add);
    return elements;
  }

  /** A value in words: a dash where there is none. */
  static String text(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isMissingNode() || value.isNull() ? "-" : value.asString();
  }

  /** Bytes in MiB, or a dash. */
  static String mib(JsonNode node, String field) {
    JsonNode value = node.path(field);
    return value.isNumber()
        ? String.format(Locale.ROOT, "%.1f MiB", value.doubleValue() / (1 << 20))
        : "-";
  }
}
