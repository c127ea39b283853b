package dev.headroom.web.rollout;

import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.promotion.GateResult;
import dev.headroom.promotion.GateSettings;
import dev.headroom.promotion.Outlook;
import dev.headroom.promotion.Rung;
import dev.headroom.store.RolloutStore.Kept;
import dev.headroom.web.http.Scope;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Rollouts as pages and programs see them. */
final class RolloutViews {

  private RolloutViews() {}

  /**
   * Every rollout.
   *
   * @param stop why every guard is off; absent when none was stopped
   * @param instances how many there are
   * @param instancesInForce on how many a policy is in force, or would be without the stop
   */
  record RolloutsView(
      @Nullable String stop, int instances, int instancesInForce, List<RolloutView> rollouts) {}

  /** A rollout with its audit, newest first. */
  record HistoryView(
      RolloutView rollout,
      @Nullable String formula,
      GateSettings settings,
      List<EventView> history) {}

  /**
   * A rollout.
   *
   * @param automatic whether it goes upwards by itself when its gates are open
   * @param ladder every place from off to enforce
   */
  record RolloutView(
      UUID rolloutId,
      String name,
      String policyId,
      Map<String, String> instanceLabels,
      String stage,
      @Nullable Integer canaryPercent,
      boolean paused,
      boolean automatic,
      Instant createdAt,
      Instant changedAt,
      long revision,
      List<RungView> ladder) {

    static RolloutView of(Kept kept) {
      Rollout rollout = kept.rollout();
      GateSettings settings = GateSettings.parse(kept.gatesJson());
      return new RolloutView(
          rollout.rolloutId(),
          rollout.name(),
          rollout.policyId(),
          new TreeMap<>(rollout.instanceLabels()),
          rollout.stage().label(),
          rollout.canaryPercent(),
          rollout.paused(),
          settings.automatic(),
          rollout.createdAt(),
          rollout.changedAt(),
          rollout.revision(),
          settings.ladder().rungs().stream().map(RungView::of).toList());
    }
  }

  /** A place on the ladder. */
  record RungView(String stage, @Nullable Integer canaryPercent) {

    static RungView of(Rung rung) {
      return new RungView(rung.stage().label(), rung.canaryPercent());
    }
  }

  /** One row of a rollout's audit. */
  record EventView(
      Instant occurredAt,
      String kind,
      @Nullable String fromStage,
      @Nullable Integer fromPercent,
      String toStage,
      @Nullable Integer toPercent,
      String actor,
      @Nullable String approver,
      String reason,
      @Nullable UUID runId,
      String evidence) {

    static EventView of(RolloutEvent event) {
      RolloutStage from = event.fromStage();
      return new EventView(
          event.step().occurredAt(),
          event.step().kind().name().toLowerCase(Locale.ROOT),
          from == null ? null : from.label(),
          event.fromPercent(),
          event.step().stage().label(),
          event.step().canaryPercent(),
          event.step().actor(),
          event.step().approver(),
          event.step().reason(),
          event.step().runId(),
          event.step().evidenceJson());
    }
  }

  /**
   * What is to be known before a decision; see {@link Outlook}.
   *
   * @param revision of the rollout that was looked at
   * @param outcome the worst that any gate says: open, hold, pause or roll_back
   */
  record OutlookView(
      long revision,
      Instant evaluatedAt,
      String outcome,
      String reason,
      List<GateView> gates,
      int instances,
      int heldOut,
      int inForce,
      int takenOver,
      @Nullable Instant soakEndsAt,
      @Nullable RungView next,
      List<PlaceView> ladder,
      List<ActionView> actions) {

    static OutlookView of(long revision, Outlook outlook, Scope scope) {
      Rung next = outlook.next();
      return new OutlookView(
          revision,
          outlook.evaluation().at(),
          label(outlook.evaluation().outcome()),
          outlook.evaluation().reason(),
          outlook.evaluation().gates().stream()
              .map(gate ->
                  new GateView(gate.gate(), label(gate.outcome()), gate.reason(), gate.figures()))
              .toList(),
          outlook.instances(),
          outlook.heldOut(),
          outlook.inForce(),
          outlook.takenOver(),
          outlook.soakEndsAt(),
          next == null ? null : RungView.of(next),
          outlook.ladder().stream().map(PlaceView::of).toList(),
          Arrays.stream(RolloutAction.values())
              .map(action -> ActionView.of(action, outlook, scope))
              .toList());
    }

    private static String label(GateResult.Outcome outcome) {
      return outcome.name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What a gate says.
   *
   * @param figures what it looked at, by name with unit
   */
  record GateView(String gate, String outcome, String reason, Map<String, Object> figures) {}

  /**
   * A place on the ladder as this rollout may come to it.
   *
   * @param inForce on how many instances its policy is in force there
   * @param earliestAt before when it does not get there by its gates; absent for places behind
   */
  record PlaceView(
      String stage, @Nullable Integer canaryPercent, int inForce, @Nullable Instant earliestAt) {

    static PlaceView of(Outlook.Place place) {
      return new PlaceView(
          place.rung().stage().label(),
          place.rung().canaryPercent(),
          place.inForce(),
          place.earliestAt());
    }
  }

  /**
   * Something that can be done.
   *
   * @param refusal why not now, or not by this caller; absent when it can be
   */
  record ActionView(String action, String scope, @Nullable String refusal) {

    static ActionView of(RolloutAction action, Outlook outlook, Scope caller) {
      return new ActionView(
          action.label(),
          action.scope().label(),
          caller.includes(action.scope())
              ? outlook.refusals().get(action.choice())
              : "it needs a token of scope " + action.scope().label());
    }
  }
}
