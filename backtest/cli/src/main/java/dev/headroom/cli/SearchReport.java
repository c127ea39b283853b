package dev.headroom.cli;

import dev.headroom.cli.SearchSpec.Found;
import dev.headroom.engine.backtest.Judgement;
import dev.headroom.engine.report.JsonReport;
import dev.headroom.engine.report.Wording;
import dev.headroom.engine.search.Choice;
import dev.headroom.engine.search.Fold;
import dev.headroom.engine.search.Score;
import dev.headroom.engine.search.Slice;
import dev.headroom.engine.search.WalkForward;
import dev.headroom.formula.Param;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import tools.jackson.databind.JsonNode;

/** What a search found, for people and for programs. */
final class SearchReport {

  /** Rows of a front that a person reads; the JSON has them all. */
  private static final int MOST_ROWS = 20;

  private SearchReport() {}

  /** The judgements that decide about the exit code. */
  static List<Judgement> judgements(Found found) {
    return switch (found) {
      case Found.Chosen(Choice choice) ->
          List.of(Objects.requireNonNull(choice.onHoldOut().policies().getFirst().judgement()));
      case Found.Walked(WalkForward walk) -> List.of(walk.judgement());
    };
  }

  static String text(Found found, Terminal terminal) {
    return switch (found) {
      case Found.Chosen(Choice choice) -> text(choice, terminal);
      case Found.Walked(WalkForward walk) -> text(walk, terminal);
    };
  }

  private static String text(Choice choice, Terminal terminal) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s tried on the %s; %d that no other beats in prevented kills, false blocks and slack:\n\n"
            .formatted(
                plural(choice.tried(), "formula"),
                words(choice.split().choosing()),
                choice.front().size()));
    TextTable table = new TextTable("", "prevented", "missed", "false blocks", "slack", "cost");
    choice.front().stream().limit(MOST_ROWS).forEach(score -> addRow(table, score));
    text.append(table.render(terminal));
    if (choice.front().size() > MOST_ROWS) {
      text.append("\nand %d more in --json\n".formatted(choice.front().size() - MOST_ROWS));
    }
    text.append(
        "\nthe cheapest is %s:\n\n%s\nwhat it does on the %s, which nothing was chosen by:\n\n"
            .formatted(
                choice.winner().name(),
                code(choice.winner().candidate().formula().canonicalText(), terminal),
                words(choice.split().heldOut())));
    return text.append(VerdictText.of(choice.onHoldOut(), terminal)).toString();
  }

  private static void addRow(TextTable table, Score score) {
    table.add(
        score.name(),
        score.kills().prevented() + "/" + score.kills().preventable(),
        score.kills().missed(),
        score.falseBlocks(),
        Wording.gibHours(score.slackGibHours()),
        String.format(Locale.ROOT, "%.4g", score.cost()));
  }

  private static String text(WalkForward walk, Terminal terminal) {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s, each of which chooses from %s by the past and is judged on what followed:\n\n"
            .formatted(plural(walk.folds().size(), "fold"), plural(walk.tried(), "formula")));
    TextTable table =
        new TextTable(
            "test from", "to", "chosen", "cost before", "prevented", "missed", "false blocks");
    for (Fold fold : walk.folds()) {
      var tested = fold.tested().policies().getFirst();
      table.add(
          fold.test().startsAt(),
          fold.test().endsAt(),
          fold.winner().name(),
          String.format(Locale.ROOT, "%.4g", fold.winner().cost()),
          tested.kills().prevented() + "/" + tested.kills().preventable(),
          tested.kills().missed(),
          tested.blocks().falseBlocks());
    }
    return text.append(table.render(terminal))
        .append("\nall tests together: ")
        .append(words(walk.judgement()))
        .append('\n')
        .toString();
  }

  /** A judgement in one line, as the verdict table has it. */
  static String words(Judgement judgement) {
    return judgement.outcome().name().replace('_', ' ')
        + ": "
        + String.join(" and ", judgement.reasons());
  }

  private static String code(String formula, Terminal terminal) {
    return terminal.outIsTerminal()
        ? formula.indent(2)
        : "```\n" + formula.stripTrailing() + "\n```\n";
  }

  private static String words(Slice slice) {
    return "%s (%s, %s to %s)"
        .formatted(
            slice.name(),
            plural(slice.instances().size(), "instance"),
            slice.startsAt(),
            slice.endsAt());
  }

  private static String plural(int count, String noun) {
    return count == 1 ? "1 " + noun : count + " " + noun + "s";
  }

  /** The whole result, ended by a line feed: a function of the manifest, byte for byte. */
  static String json(JsonNode manifest, Found found) {
    Map<String, Object> root = new LinkedHashMap<>();
    root.put("schema_version", JsonReport.SCHEMA_VERSION);
    root.put("manifest", manifest);
    switch (found) {
      case Found.Chosen(Choice choice) -> {
        root.put("formulas_tried", choice.tried());
        root.put("choosing_part", part(choice.split().choosing()));
        root.put("scores", choice.scores().stream().map(SearchReport::score).toList());
        root.put("front", choice.front().stream().map(Score::name).toList());
        root.put("winner", score(choice.winner()));
        root.put("hold_out", part(choice.split().heldOut()));
        root.put("on_hold_out", Json.read(JsonReport.render(choice.onHoldOut())));
      }
      case Found.Walked(WalkForward walk) -> {
        root.put("formulas_tried", walk.tried());
        root.put("folds", walk.folds().stream().map(SearchReport::fold).toList());
        root.put("verdict", judgement(walk.judgement()));
      }
    }
    return Json.write(root) + "\n";
  }

  private static Map<String, Object> fold(Fold fold) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("training", part(fold.training()));
    fields.put("test", part(fold.test()));
    fields.put("winner", score(fold.winner()));
    fields.put("on_test", Json.read(JsonReport.render(fold.tested())));
    return fields;
  }

  private static Map<String, Object> part(Slice slice) {
    Map<String, Object> fields = new LinkedHashMap<>();
    List<String> ids = new ArrayList<>();
    slice.instances().stream().sorted().forEach(id -> ids.add(id.toString()));
    fields.put("starts_at", slice.startsAt().toString());
    fields.put("ends_at", slice.endsAt().toString());
    fields.put("instance_ids", ids);
    return fields;
  }

  private static Map<String, Object> score(Score score) {
    Map<String, Object> params = new LinkedHashMap<>();
    for (Param param : score.candidate().formula().params()) {
      params.put(param.name(), param.value());
    }
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("name", score.name());
    fields.put("formula", score.candidate().formula().canonicalText());
    fields.put("formula_hash", score.candidate().formula().astHash());
    fields.put("params", params);
    fields.put("preventable", score.kills().preventable());
    fields.put("prevented", score.kills().prevented());
    fields.put("missed", score.kills().missed());
    fields.put("undecided", score.kills().undecided());
    fields.put("false_blocks", score.falseBlocks());
    fields.put("instance_days", score.instanceDays());
    fields.put("over_promise_gib_hours", score.overPromiseGibHours());
    fields.put("slack_gib_hours", score.slackGibHours());
    fields.put("cost", score.cost());
    return fields;
  }

  private static Map<String, Object> judgement(Judgement judgement) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("outcome", judgement.outcome().name().toLowerCase(Locale.ROOT));
    fields.put("reasons", judgement.reasons());
    fields.put("needed_kills", judgement.neededKills());
    fields.put("needed_instance_days", judgement.neededInstanceDays());
    return fields;
  }
}
