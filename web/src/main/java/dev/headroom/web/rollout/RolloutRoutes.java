package dev.headroom.web.rollout;

import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutEvent;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.store.GuardStopStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.RolloutStore.Kept;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Body;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Shows rollouts and their audit, and stops every guard. */
public final class RolloutRoutes implements Routes {

  private static final int MOST_REASON = 500;

  private final RolloutStore rollouts;
  private final PolicyStore policies;
  private final GuardStopStore stops;

  public RolloutRoutes(DataSource dataSource) {
    rollouts = new RolloutStore(dataSource);
    policies = new PolicyStore(dataSource);
    stops = new GuardStopStore(dataSource);
  }

  /** A rollout as pages show it. */
  record RolloutView(
      UUID rolloutId,
      String name,
      String policyId,
      Map<String, String> instanceLabels,
      String stage,
      @Nullable Integer canaryPercent,
      boolean paused,
      Instant createdAt,
      Instant changedAt,
      long revision) {

    static RolloutView of(Kept kept) {
      Rollout rollout = kept.rollout();
      return new RolloutView(
          rollout.rolloutId(),
          rollout.name(),
          rollout.policyId(),
          new TreeMap<>(rollout.instanceLabels()),
          rollout.stage().label(),
          rollout.canaryPercent(),
          rollout.paused(),
          rollout.createdAt(),
          rollout.changedAt(),
          rollout.revision());
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
   * Every rollout.
   *
   * @param stop why every guard is off; absent when none was stopped
   */
  record RolloutsView(@Nullable String stop, List<RolloutView> rollouts) {}

  /** A rollout with its audit. */
  record HistoryView(RolloutView rollout, @Nullable String formula, List<EventView> history) {}

  @Override
  public List<Route> routes() {
    return List.of(
        Route.get("/api/v1/rollouts", Scope.VIEWER, this::list),
        Route.get("/api/v1/rollouts/{id}", Scope.VIEWER, this::show),
        Route.post("/api/v1/guard-stop", Scope.OPERATOR, this::stop));
  }

  private void list(Context context) {
    context.json(
        new RolloutsView(
            stops.find().map(stop -> stop.reason() + " (" + stop.actor() + ")").orElse(null),
            rollouts.list().stream().map(RolloutView::of).toList()));
  }

  private void show(Context context) {
    Kept kept = get(Query.uuid(context, "id"));
    context.json(
        new HistoryView(
            RolloutView.of(kept),
            policies
                .find(kept.rollout().policyId())
                .map(version -> version.policy().formulaText())
                .orElse(null),
            rollouts.history(kept.rollout().rolloutId()).reversed().stream()
                .map(EventView::of)
                .toList()));
  }

  private Kept get(UUID id) {
    return rollouts.list().stream()
        .filter(kept -> kept.rollout().rolloutId().equals(id))
        .findFirst()
        .orElseThrow(() ->
            ApiException.notFound("there is no rollout " + id, "/api/v1/rollouts lists them"));
  }

  private void stop(Context context) {
    JsonNode body = Body.object(context);
    JsonNode stopped = body.path("stopped");
    if (!stopped.isBoolean()) {
      throw ApiException.badRequest("stopped is true or false", "give stopped");
    }
    String reason = Body.text(body, "reason", MOST_REASON).replace("\0", "");
    String actor = Caller.of(context).name();
    if (stopped.booleanValue()) {
      stops.stop(actor, reason);
    } else if (stops.lift(actor, reason).isEmpty()) {
      throw ApiException.conflict("no stop holds", "there is nothing to lift");
    }
    list(context);
  }
}
