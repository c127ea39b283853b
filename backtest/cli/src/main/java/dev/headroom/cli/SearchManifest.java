package dev.headroom.cli;

import dev.headroom.cli.SearchSpec.Given;
import dev.headroom.cli.SearchSpec.Grid;
import dev.headroom.cli.SearchSpec.Method;
import dev.headroom.cli.SearchSpec.Random;
import dev.headroom.cli.SearchSpec.Tune;
import dev.headroom.cli.SearchSpec.Walk;
import dev.headroom.engine.search.HoldOut;
import dev.headroom.engine.search.WalkPlan;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** A search's method as JSON, and back: what `verify` needs to search again. */
final class SearchManifest {

  private SearchManifest() {}

  static Map<String, Object> write(Method method) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("kind", method.kind());
    switch (method) {
      case Given(HoldOut holdOut) -> write(holdOut, fields);
      case Grid(int points, HoldOut holdOut) -> {
        fields.put("grid_points", points);
        write(holdOut, fields);
      }
      case Random(int count, HoldOut holdOut) -> {
        fields.put("random_count", count);
        write(holdOut, fields);
      }
      case Tune(int evaluations, HoldOut holdOut) -> {
        fields.put("evaluations", evaluations);
        write(holdOut, fields);
      }
      case Walk(int points, WalkPlan plan) -> {
        fields.put("grid_points", points);
        fields.put("training_ms", plan.training() == null ? null : plan.training().toMillis());
        fields.put("test_ms", plan.test().toMillis());
        fields.put("step_ms", plan.step().toMillis());
        fields.put("purge_ms", plan.purge().toMillis());
        fields.put("embargo_ms", plan.embargo().toMillis());
      }
    }
    return fields;
  }

  private static void write(HoldOut holdOut, Map<String, Object> fields) {
    switch (holdOut) {
      case HoldOut.Share(double share) -> fields.put("hold_out_share", share);
      case HoldOut.Last(Duration time) -> fields.put("hold_out_ms", time.toMillis());
    }
  }

  /**
   * Reads what {@link #write} wrote.
   *
   * @throws IllegalArgumentException when it is something else
   */
  static Method read(JsonNode search) {
    return switch (search.path("kind").asString("")) {
      case "holdout" -> new Given(holdOut(search));
      case "sweep" ->
          search.has("grid_points")
              ? new Grid(search.get("grid_points").intValue(), holdOut(search))
              : new Random(search.path("random_count").intValue(), holdOut(search));
      case "tune" -> new Tune(search.path("evaluations").intValue(), holdOut(search));
      case "walk" ->
          new Walk(
              search.path("grid_points").intValue(),
              new WalkPlan(
                  findTime(search, "training_ms"),
                  time(search, "test_ms"),
                  time(search, "step_ms"),
                  time(search, "purge_ms"),
                  time(search, "embargo_ms")));
      default -> throw new IllegalArgumentException("no search is of kind " + search.path("kind"));
    };
  }

  private static HoldOut holdOut(JsonNode search) {
    return search.has("hold_out_share")
        ? new HoldOut.Share(search.get("hold_out_share").doubleValue())
        : new HoldOut.Last(time(search, "hold_out_ms"));
  }

  private static Duration time(JsonNode search, String field) {
    Duration found = findTime(search, field);
    if (found == null) {
      throw new IllegalArgumentException("the search does not say its " + field);
    }
    return found;
  }

  private static @Nullable Duration findTime(JsonNode search, String field) {
    JsonNode node = search.path(field);
    return node.isNumber() ? Duration.ofMillis(node.longValue()) : null;
  }
}
