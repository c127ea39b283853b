package dev.headroom.web.rollout;

import dev.headroom.model.GuardMode;
import dev.headroom.model.rollout.Assignment;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.promotion.GateSettings;
import dev.headroom.promotion.Promotion;
import dev.headroom.promotion.PromotionRefusedException;
import dev.headroom.store.GuardStopStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutActivityStore;
import dev.headroom.store.RolloutConflictException;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.RolloutStore.Kept;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Body;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import dev.headroom.web.rollout.RolloutViews.EventView;
import dev.headroom.web.rollout.RolloutViews.HistoryView;
import dev.headroom.web.rollout.RolloutViews.OutlookView;
import dev.headroom.web.rollout.RolloutViews.RolloutView;
import dev.headroom.web.rollout.RolloutViews.RolloutsView;
import io.javalin.http.Context;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Shows rollouts with their gates and their audit, does to them what people ask for, and stops
 * every guard. A change names the revision it was decided on: nobody decides on an outdated page.
 */
public final class RolloutRoutes implements Routes {

  private static final String PATH = "/api/v1/rollouts/{id}";
  private static final int MOST_REASON = 500;
  private static final int MOST_PLACE = 20;

  private final RolloutStore rollouts;
  private final PolicyStore policies;
  private final GuardStopStore stops;
  private final RolloutActivityStore activities;
  private final Promotion promotion;
  private final Outlooks outlooks;

  public RolloutRoutes(DataSource dataSource, InstantSource clock) {
    rollouts = new RolloutStore(dataSource);
    policies = new PolicyStore(dataSource);
    stops = new GuardStopStore(dataSource);
    activities = new RolloutActivityStore(dataSource);
    promotion = new Promotion(dataSource, clock);
    outlooks = new Outlooks(promotion, clock);
  }

  @Override
  public List<Route> routes() {
    List<Route> routes = new ArrayList<>();
    routes.add(Route.get("/api/v1/rollouts", Scope.VIEWER, this::list));
    routes.add(Route.get(PATH, Scope.VIEWER, this::show));
    routes.add(Route.get(PATH + "/outlook", Scope.VIEWER, this::outlook));
    for (RolloutAction action : RolloutAction.values()) {
      routes.add(
          Route.post(
              PATH + "/" + action.label(), action.scope(), context -> change(context, action)));
    }
    routes.add(Route.post("/api/v1/guard-stop", Scope.OPERATOR, this::stop));
    return routes;
  }

  private void list(Context context) {
    List<Kept> all = rollouts.list();
    var instances = activities.labelsByInstance(Map.of());
    FlagState flags =
        new FlagState(
            0,
            Optional.empty(),
            all.stream().map(Kept::rollout).filter(each -> !each.stage().isEnd()).toList(),
            List.of());
    long inForce =
        instances.entrySet().stream()
            .filter(each ->
                Assignment.of(flags, each.getKey(), each.getValue()).mode() == GuardMode.ENFORCE)
            .count();
    context.json(
        new RolloutsView(
            findStop(),
            instances.size(),
            (int) inForce,
            all.stream().map(RolloutView::of).toList()));
  }

  private @Nullable String findStop() {
    return stops.find().map(stop -> stop.reason() + " (" + stop.actor() + ")").orElse(null);
  }

  private void show(Context context) {
    context.json(history(get(Query.uuid(context, "id"))));
  }

  private HistoryView history(Kept kept) {
    return new HistoryView(
        RolloutView.of(kept),
        policies
            .find(kept.rollout().policyId())
            .map(version -> version.policy().formulaText())
            .orElse(null),
        GateSettings.parse(kept.gatesJson()),
        rollouts.history(kept.rollout().rolloutId()).reversed().stream()
            .map(EventView::of)
            .toList());
  }

  private void outlook(Context context) {
    Kept kept = get(Query.uuid(context, "id"));
    context.json(
        OutlookView.of(kept.rollout().revision(), outlooks.get(kept), Caller.of(context).scope()));
  }

  private void change(Context context, RolloutAction action) {
    UUID id = Query.uuid(context, "id");
    JsonNode body = Body.object(context);
    String reason = reason(body);
    String to =
        action == RolloutAction.APPROVE && body.hasNonNull("to")
            ? Body.text(body, "to", MOST_PLACE)
            : null;
    JsonNode revision = body.path("revision");
    if (!revision.isIntegralNumber() || !revision.canConvertToLong()) {
      throw ApiException.badRequest(
          "revision is missing", "give the revision that you decided on, as GET shows it");
    }
    try {
      Kept seen = rollouts.findUnchanged(id, revision.longValue()).orElseThrow(() -> noRollout(id));
      action.apply(promotion, seen, Caller.of(context).name(), reason, to);
    } catch (RolloutConflictException overtaken) {
      throw ApiException.conflict(
          overtaken.why(), "nothing was changed by you; look at the rollout again, then decide");
    } catch (PromotionRefusedException refused) {
      throw ApiException.refused(refused.why(), insteadOf(action, refused));
    }
    context.json(history(get(id)));
  }

  /** What to do when the rules refuse. */
  private static String insteadOf(RolloutAction action, PromotionRefusedException refused) {
    return action == RolloutAction.ADVANCE && refused.evaluation().isPresent()
        ? "wait until every gate is open, or have an admin approve it"
        : "look at the rollout again; what can be done is listed with it";
  }

  private Kept get(UUID id) {
    return rollouts.find(id).orElseThrow(() -> noRollout(id));
  }

  private static ApiException noRollout(UUID id) {
    return ApiException.notFound(
        "there is no rollout " + id + " with this revision", "/api/v1/rollouts lists them");
  }

  private static String reason(JsonNode body) {
    String reason = Body.text(body, "reason", MOST_REASON).replace("\0", "").strip();
    if (reason.isEmpty()) {
      throw ApiException.badRequest("reason is blank", "say why: it is kept in the audit");
    }
    return reason;
  }

  private void stop(Context context) {
    JsonNode body = Body.object(context);
    JsonNode stopped = body.path("stopped");
    if (!stopped.isBoolean()) {
      throw ApiException.badRequest("stopped is true or false", "give stopped");
    }
    String reason = reason(body);
    String actor = Caller.of(context).name();
    if (stopped.booleanValue()) {
      stops.stop(actor, reason);
    } else if (stops.lift(actor, reason).isEmpty()) {
      throw ApiException.conflict("no stop holds", "there is nothing to lift");
    }
    list(context);
  }
}
