package dev.headroom.cli;

import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.promotion.Evaluation;
import dev.headroom.promotion.GateResult;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.RolloutController;
import dev.headroom.promotion.Rung;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Rollouts as commands show them: to people and as JSON. */
final class RolloutView {

  private RolloutView() {}

  static Map<String, Object> asMap(Rollout rollout) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", rollout.name());
    map.put("rollout_id", rollout.rolloutId().toString());
    map.put("policy_id", rollout.policyId());
    map.put("stage", rollout.stage().label());
    map.put("canary_percent", rollout.canaryPercent());
    map.put("paused", rollout.paused());
    map.put("instance_labels", new TreeMap<>(rollout.instanceLabels()));
    map.put("created_at", rollout.createdAt().toString());
    map.put("changed_at", rollout.changedAt().toString());
    map.put("revision", rollout.revision());
    return map;
  }

  static Map<String, Object> asMap(Promotion.Done done) {
    Map<String, Object> map = asMap(done.rollout());
    map.put("evaluation", done.evaluation().asMap());
    return map;
  }

  static Map<String, Object> asMap(RolloutEvent event) {
    RolloutStep step = event.step();
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("occurred_at", step.occurredAt().toString());
    map.put("revision", event.revision());
    map.put("kind", step.kind().name().toLowerCase(Locale.ROOT));
    map.put("from_stage", event.fromStage() == null ? null : event.fromStage().label());
    map.put("from_percent", event.fromPercent());
    map.put("to_stage", step.stage().label());
    map.put("to_percent", step.canaryPercent());
    map.put("actor", step.actor());
    map.put("database_user", event.databaseUser());
    map.put("approver", step.approver());
    map.put("reason", step.reason());
    map.put("run_id", step.runId() == null ? null : step.runId().toString());
    map.put("evidence", Json.read(step.evidenceJson()));
    return map;
  }

  static Map<String, Object> asMap(RolloutController.Look look) {
    Map<String, Object> map = asMap(look.after());
    map.put("action", look.action().name().toLowerCase(Locale.ROOT));
    map.put("from", Rung.of(look.before()).toString());
    map.put("evaluation", look.evaluation().asMap());
    return map;
  }

  /** One line that says where a rollout is. */
  static String sentence(Rollout rollout) {
    return "rollout %s (%s) is at %s%s, revision %d"
        .formatted(
            rollout.name(),
            rollout.policyId(),
            Rung.of(rollout),
            paused(rollout),
            rollout.revision());
  }

  static String sentence(RolloutController.Look look) {
    String where = "%s → %s".formatted(Rung.of(look.before()), Rung.of(look.after()));
    return switch (look.action()) {
      case NONE ->
          "%s stays at %s%s: %s"
              .formatted(
                  look.before().name(),
                  Rung.of(look.before()),
                  paused(look.before()),
                  look.evaluation().reason());
      case ADVANCED ->
          "%s %s: %s".formatted(look.before().name(), where, look.evaluation().reason());
      case ROLLED_BACK ->
          "%s %s: %s".formatted(look.before().name(), where, look.evaluation().reason());
      case PAUSED -> "%s paused: %s".formatted(look.before().name(), look.evaluation().reason());
      case OVERTAKEN -> look.before().name() + " was changed by somebody else just now";
    };
  }

  static TextTable table(List<Rollout> rollouts) {
    TextTable table = new TextTable("rollout", "policy", "stage", "instances", "since", "revision");
    rollouts.forEach(each ->
        table.add(
            each.name(),
            each.policyId(),
            Rung.of(each) + paused(each),
            labels(each),
            each.changedAt(),
            each.revision()));
    return table;
  }

  static TextTable gates(Evaluation evaluation) {
    TextTable table = new TextTable("gate", "says", "because");
    for (GateResult each : evaluation.gates()) {
      table.add(each.gate(), word(each.outcome()), each.reason());
    }
    return table;
  }

  static TextTable history(List<RolloutEvent> events) {
    TextTable table = new TextTable("when", "what", "by", "approver", "run", "because");
    for (RolloutEvent each : events) {
      RolloutStep step = each.step();
      String to = new Rung(step.stage(), step.canaryPercent()).toString();
      table.add(
          step.occurredAt(),
          switch (step.kind()) {
            case TRANSITION ->
                each.fromStage() == null
                    ? "made"
                    : new Rung(each.fromStage(), each.fromPercent()) + " → " + to;
            case PAUSE -> "paused at " + to;
            case RESUME -> "resumed at " + to;
          },
          step.actor(),
          step.approver() == null ? "-" : step.approver(),
          step.runId() == null ? "-" : step.runId().toString().substring(0, 8),
          step.reason());
    }
    return table;
  }

  private static String labels(Rollout rollout) {
    return rollout.instanceLabels().isEmpty()
        ? "all"
        : new TreeMap<>(rollout.instanceLabels())
            .entrySet().stream()
                .map(each -> each.getKey() + "=" + each.getValue())
                .collect(Collectors.joining(","));
  }

  private static String word(GateResult.Outcome outcome) {
    return outcome.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private static String paused(Rollout rollout) {
    return rollout.paused() ? " (paused)" : "";
  }
}
