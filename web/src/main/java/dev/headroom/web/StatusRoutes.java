package dev.headroom.web;

import dev.headroom.store.DatabaseException;
import dev.headroom.store.DatabaseProbe;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** Whether the process lives, whether it can work, what it measured, and what it can be asked. */
final class StatusRoutes implements Routes {

  private static final String DOCUMENT = "/dev/headroom/web/openapi.yaml";

  private final DatabaseProbe probe;
  private final PrometheusMeterRegistry metrics;

  StatusRoutes(DatabaseProbe probe, PrometheusMeterRegistry metrics) {
    this.probe = probe;
    this.metrics = metrics;
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.get("/healthz", Scope.PUBLIC, context -> context.json(Map.of("status", "alive"))),
        Route.get("/readyz", Scope.PUBLIC, this::ready),
        Route.get("/metrics", Scope.VIEWER, this::scrape),
        Route.get("/api/v1/me", Scope.PUBLIC, StatusRoutes::me),
        Route.get("/api/v1/openapi.yaml", Scope.PUBLIC, StatusRoutes::document));
  }

  private void ready(Context context) {
    try {
      probe.requireSchema();
      context.json(Map.of("status", "ready"));
    } catch (DatabaseException e) {
      throw ApiException.unavailable(
          "the database cannot be used", "look at this process's log, then at the database");
    }
  }

  private void scrape(Context context) {
    context.contentType("text/plain; version=0.0.4; charset=utf-8");
    context.result(metrics.scrape());
  }

  private static void me(Context context) {
    Caller caller = Caller.of(context);
    context.json(Map.of("name", caller.name(), "scope", caller.scope().label()));
  }

  private static void document(Context context) throws IOException {
    try (InputStream in = StatusRoutes.class.getResourceAsStream(DOCUMENT)) {
      if (in == null) {
        throw new IllegalStateException("the build left out " + DOCUMENT);
      }
      context.contentType("application/yaml");
      context.result(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }
}
