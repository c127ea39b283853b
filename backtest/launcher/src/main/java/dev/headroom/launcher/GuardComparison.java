package dev.headroom.launcher;

import dev.headroom.cli.Terminal;
import dev.headroom.cli.TextTable;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.Outcome;
import dev.headroom.lab.Scenario;
import dev.headroom.lab.ScenarioResult;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** What the same scenarios came to without a guard and with one. */
final class GuardComparison {

  /**
   * One scenario on one Postgres.
   *
   * @param before without a guard
   * @param after with it
   */
  private record Pair(PostgresInstall install, ScenarioResult before, ScenarioResult after) {

    boolean skipped() {
      return before.outcome() instanceof Outcome.Skipped
          || after.outcome() instanceof Outcome.Skipped;
    }

    boolean held() {
      return skipped() || after.unharmed();
    }

    boolean mustDie() {
      return before.scenario().expectation() == Scenario.Expectation.KILLS;
    }
  }

  private final List<Pair> pairs = new ArrayList<>();

  /** Adds two runs of the same scenarios. */
  void add(PostgresInstall install, LabSession.Result before, LabSession.Result after) {
    List<ScenarioResult> without = before.report().results();
    List<ScenarioResult> with = after.report().results();
    for (int i = 0; i < without.size(); i++) {
      pairs.add(new Pair(install, without.get(i), with.get(i)));
    }
  }

  /** Whether under the guard nobody was killed and no session was lost or harmed. */
  boolean guardHeld() {
    return pairs.stream().allMatch(Pair::held);
  }

  String render(Terminal terminal) {
    TextTable table =
        new TextTable(
            "scenario",
            "Postgres",
            "without the guard",
            "sessions lost",
            "with the guard",
            "sessions lost",
            "blocks",
            "false blocks",
            "bystander");
    for (Pair pair : pairs) {
      table.add(
          pair.before().scenario().name(),
          pair.install().version(),
          pair.before().outcome(),
          pair.before().sessions().lost(),
          pair.after().outcome(),
          pair.after().sessions().lost(),
          pair.after().blocks(),
          pair.after().falseBlocks(),
          bystander(pair));
    }
    return table.render(terminal) + summary();
  }

  private static String bystander(Pair pair) {
    if (pair.skipped()) {
      return "";
    }
    return pair.after().sessions().bystandersHarmed() == 0 ? "unharmed" : "harmed";
  }

  private String summary() {
    long killedBefore = count(pair -> pair.mustDie() && pair.before().oomKills() > 0);
    long savedAfter =
        count(pair -> pair.mustDie() && pair.before().oomKills() > 0 && pair.after().unharmed());
    long baits = count(pair -> !pair.mustDie() && !pair.skipped());
    long baitsBlocked = count(pair -> pair.after().falseBlocks() > 0);
    return """

    kills by the kernel: %d without the guard, %d with it
    of %d scenarios that were killed, %d went on under the guard with every other session unharmed
    of %d scenarios that survive anyway, %d had a statement refused (false blocks: %d)
    """
        .formatted(
            sum(true),
            sum(false),
            killedBefore,
            savedAfter,
            baits,
            baitsBlocked,
            pairs.stream().mapToLong(pair -> pair.after().falseBlocks()).sum());
  }

  private long sum(boolean before) {
    return pairs.stream()
        .mapToLong(pair -> (before ? pair.before() : pair.after()).oomKills())
        .sum();
  }

  private long count(Predicate<Pair> condition) {
    return pairs.stream().filter(condition).count();
  }

  /** For {@code --json}. */
  List<Map<String, Object>> asMaps() {
    return pairs.stream().map(GuardComparison::asMap).toList();
  }

  private static Map<String, Object> asMap(Pair pair) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("scenario", pair.before().scenario().name());
    fields.put("postgres", pair.install().version());
    fields.put("before", asMap(pair.before()));
    fields.put("after", asMap(pair.after()));
    fields.put("guard_held", pair.held());
    return fields;
  }

  private static Map<String, Object> asMap(ScenarioResult result) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("outcome", result.outcome().toString());
    fields.put("oom_kills", result.oomKills());
    fields.put("sessions_lost", result.sessions().lost());
    fields.put("refused_statements", result.sessions().refused());
    fields.put("blocks", result.blocks());
    fields.put("false_blocks", result.falseBlocks());
    fields.put("bystanders_harmed", result.sessions().bystandersHarmed());
    return fields;
  }
}
