package dev.headroom.cli;

import dev.headroom.engine.report.Wording;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.JsonNode;

/**
 * What two policies do differently.
 *
 * @param first what the first is called
 * @param second what the second is called
 * @param kills by instance: kills that both replayed, with another verdict
 * @param onlyReplayedByOne kills that only one of them knows, for the recordings differ
 * @param statements by instance: statements that only one refuses, or whose refusal is judged
 *     otherwise
 */
record PolicyDiff(
    String first,
    String second,
    Map<String, List<KillDiff>> kills,
    int onlyReplayedByOne,
    Map<String, List<StatementDiff>> statements) {

  /** A kill with two verdicts. */
  record KillDiff(JsonNode kill, JsonNode first, JsonNode second) {}

  /** A statement with two fates; a dash where it is not refused. */
  record StatementDiff(JsonNode statement, String first, String second) {}

  static PolicyDiff of(
      RunDocument firstRun, JsonNode first, RunDocument secondRun, JsonNode second) {
    Map<String, JsonNode> firstVerdicts = byId(first.path("kill_verdicts"), "kill_id");
    Map<String, JsonNode> secondVerdicts = byId(second.path("kill_verdicts"), "kill_id");
    Map<String, JsonNode> kills = new LinkedHashMap<>(firstRun.kills());
    secondRun.kills().forEach(kills::putIfAbsent);
    Map<String, List<KillDiff>> killDiffs = new TreeMap<>();
    int onlyOne = 0;
    for (Map.Entry<String, JsonNode> kill : kills.entrySet()) {
      JsonNode one = firstVerdicts.get(kill.getKey());
      JsonNode other = secondVerdicts.get(kill.getKey());
      if (one == null || other == null) {
        onlyOne++;
      } else if (!one.path("verdict").equals(other.path("verdict"))) {
        killDiffs
            .computeIfAbsent(
                RunDocument.text(kill.getValue(), "instance_id"), _ -> new ArrayList<>())
            .add(new KillDiff(kill.getValue(), one, other));
      }
    }
    return new PolicyDiff(
        RunDocument.text(first, "name"),
        RunDocument.text(second, "name"),
        killDiffs,
        onlyOne,
        statements(first, second));
  }

  private static Map<String, List<StatementDiff>> statements(JsonNode first, JsonNode second) {
    Map<String, JsonNode> inFirst = byStatement(first);
    Map<String, JsonNode> inSecond = byStatement(second);
    Set<String> keys = new LinkedHashSet<>(inFirst.keySet());
    keys.addAll(inSecond.keySet());
    Map<String, List<StatementDiff>> diffs = new TreeMap<>();
    for (String key : keys) {
      JsonNode one = inFirst.get(key);
      JsonNode other = inSecond.get(key);
      String fate = one == null ? "-" : RunDocument.text(one, "class");
      String otherFate = other == null ? "-" : RunDocument.text(other, "class");
      JsonNode known = one == null ? other : one;
      if (known != null && !fate.equals(otherFate)) {
        diffs
            .computeIfAbsent(RunDocument.text(known, "instance_id"), _ -> new ArrayList<>())
            .add(new StatementDiff(known, fate, otherFate));
      }
    }
    return diffs;
  }

  /** A statement may be refused again after the process was away; the life tells them apart. */
  private static Map<String, JsonNode> byStatement(JsonNode policy) {
    Map<String, JsonNode> statements = new LinkedHashMap<>();
    for (JsonNode each : policy.path("refused_statements")) {
      String key =
          RunDocument.text(each, "instance_id")
              + " "
              + RunDocument.text(each, "pid")
              + " "
              + RunDocument.text(each, "statement_number")
              + " ";
      int again = 0;
      while (statements.containsKey(key + again)) {
        again++;
      }
      statements.put(key + again, each);
    }
    return statements;
  }

  private static Map<String, JsonNode> byId(JsonNode array, String field) {
    Map<String, JsonNode> byId = new LinkedHashMap<>();
    array.forEach(each -> byId.put(RunDocument.text(each, field), each));
    return byId;
  }

  private int count(Map<String, ? extends List<?>> byInstance) {
    return byInstance.values().stream().mapToInt(List::size).sum();
  }

  String render(Terminal terminal) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s against %s: %s with another verdict, %s with another fate\n"
            .formatted(
                first,
                second,
                Wording.plural(count(kills), "kill"),
                Wording.plural(count(statements), "statement")));
    if (onlyReplayedByOne > 0) {
      text.append(
          "%d kills are in one of the two runs only: their recordings differ\n"
              .formatted(onlyReplayedByOne));
    }
    if (!kills.isEmpty()) {
      TextTable table =
          new TextTable(
              "instance",
              "kill",
              "at",
              "victim",
              first,
              second,
              "limit of " + first,
              "of " + second);
      kills.forEach((instance, diffs) ->
          diffs.forEach(diff ->
              table.add(
                  brief(instance),
                  brief(RunDocument.text(diff.kill(), "kill_id")),
                  RunDocument.text(diff.kill(), "killed_at"),
                  RunDocument.text(diff.kill(), "victim_kind"),
                  RunDocument.text(diff.first(), "verdict"),
                  RunDocument.text(diff.second(), "verdict"),
                  RunDocument.mib(diff.first(), "limit_bytes"),
                  RunDocument.mib(diff.second(), "limit_bytes"))));
      text.append('\n').append(table.render(terminal));
    }
    if (!statements.isEmpty()) {
      TextTable table =
          new TextTable(
              "instance", "refused by", "pid", "database", "user", "query", first, second);
      statements.forEach((instance, diffs) ->
          diffs.forEach(diff ->
              table.add(
                  brief(instance),
                  RunDocument.text(diff.statement(), "refused_by"),
                  RunDocument.text(diff.statement(), "pid"),
                  RunDocument.text(diff.statement(), "database"),
                  RunDocument.text(diff.statement(), "user"),
                  RunDocument.text(diff.statement(), "query_fingerprint"),
                  diff.first(),
                  diff.second())));
      text.append('\n').append(table.render(terminal));
    }
    return text.toString();
  }

  private static String brief(String id) {
    return id.length() > 8 ? id.substring(0, 8) : id;
  }

  Map<String, Object> asMap() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("first", first);
    fields.put("second", second);
    fields.put("kills_in_one_run_only", onlyReplayedByOne);
    List<Map<String, Object>> killRows = new ArrayList<>();
    kills
        .values()
        .forEach(diffs ->
            diffs.forEach(diff -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("kill", diff.kill());
              row.put("first", diff.first());
              row.put("second", diff.second());
              killRows.add(row);
            }));
    fields.put("kills", killRows);
    List<Map<String, Object>> statementRows = new ArrayList<>();
    statements
        .values()
        .forEach(diffs ->
            diffs.forEach(diff -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("statement", diff.statement());
              row.put("first", diff.first().equals("-") ? null : diff.first());
              row.put("second", diff.second().equals("-") ? null : diff.second());
              statementRows.add(row);
            }));
    fields.put("statements", statementRows);
    return fields;
  }
}
