package dev.headroom.web.fleet;

import dev.headroom.store.FleetStore;
import dev.headroom.store.FleetStore.Fleet;
import dev.headroom.store.FleetStore.Instances;
import dev.headroom.store.RefusalStore;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Query.Range;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import dev.headroom.web.http.SharedAnswer;
import io.javalin.http.Context;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The fleet and its instances. */
public final class FleetRoutes implements Routes {

  private static final String DEFAULT_FROM = "7d";
  private static final Duration LONGEST = Duration.ofDays(400);
  private static final int MOST_INSTANCES = 1_000;
  private static final int MOST_CHARACTERS = 200;

  private final FleetStore store;
  private final SharedAnswer<FleetQuestion, FleetView> fleets = new SharedAnswer<>();
  private final SharedAnswer<InstancesQuestion, InstancesView> lists = new SharedAnswer<>();
  private final SharedAnswer<FleetQuestion, RefusalsView> refusalLists = new SharedAnswer<>();
  private final RefusalStore refusals;

  public FleetRoutes(FleetStore store, RefusalStore refusals) {
    this.store = store;
    this.refusals = refusals;
  }

  /** What equal pages ask for: {@code now} is the same question at every moment. */
  private record FleetQuestion(@Nullable String from, @Nullable String to) {

    static FleetQuestion of(Context context) {
      return new FleetQuestion(context.queryParam("from"), context.queryParam("to"));
    }
  }

  private record InstancesQuestion(FleetQuestion range, @Nullable String wanted, int atMost) {}

  /** The fleet with the range it was asked for. */
  record FleetView(Range range, Fleet fleet) {}

  /** Instances with the range they were asked for. */
  record InstancesView(Range range, long found, List<FleetStore.InstanceRow> instances) {}

  /**
   * Refusals with the range they were asked for.
   *
   * @param mostJudged of so many would-blocks, the newest, it is known what became of them
   */
  record RefusalsView(Range range, int mostJudged, List<RefusalStore.PolicyRefusals> policies) {}

  @Override
  public List<Route> routes() {
    return List.of(
        Route.get("/api/v1/fleet", Scope.VIEWER, this::fleet),
        Route.get("/api/v1/instances", Scope.VIEWER, this::instances),
        Route.get("/api/v1/refusals", Scope.VIEWER, this::refusals));
  }

  private void fleet(Context context) {
    range(context);
    context.json(
        fleets.get(
            FleetQuestion.of(context),
            () -> {
              // Whoever waited wants what is now by the time the answer is found.
              Range range = range(context);
              return new FleetView(range, store.fleet(range.from(), range.to()));
            }));
  }

  private void instances(Context context) {
    range(context);
    String wanted = wanted(context);
    int atMost = Query.integer(context, "limit", 100, 1, MOST_INSTANCES);
    context.json(
        lists.get(
            new InstancesQuestion(FleetQuestion.of(context), wanted, atMost),
            () -> {
              Range range = range(context);
              Instances found = store.instances(range.from(), range.to(), wanted, atMost);
              return new InstancesView(range, found.found(), found.instances());
            }));
  }

  private void refusals(Context context) {
    range(context);
    context.json(
        refusalLists.get(
            FleetQuestion.of(context),
            () -> {
              Range range = range(context);
              return new RefusalsView(
                  range, RefusalStore.MOST_JUDGED, refusals.byPolicy(range.from(), range.to()));
            }));
  }

  private static Range range(Context context) {
    Range range = Query.range(context, DEFAULT_FROM);
    if (range.span().compareTo(LONGEST) > 0) {
      throw ApiException.tooMuch(
          "the range is " + range.span().toDays() + " days",
          "ask for " + LONGEST.toDays() + " days at most");
    }
    return range;
  }

  private static @Nullable String wanted(Context context) {
    String wanted = context.queryParam("search");
    if (wanted == null || wanted.isBlank()) {
      return null;
    }
    if (wanted.length() > MOST_CHARACTERS || wanted.indexOf('\0') >= 0) {
      throw ApiException.badRequest("search is too long", "shorten search");
    }
    return wanted.strip();
  }
}
