package dev.headroom.web.token;

import dev.headroom.store.AuditStore;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.util.List;

/** Notes every request that was to change something, and shows what was noted. */
public final class Audit implements Routes {

  private static final int MOST_CHARACTERS = 1_000;
  private static final int MOST_ENTRIES = 1_000;

  private final AuditStore store;

  public Audit(AuditStore store) {
    this.store = store;
  }

  @Override
  public List<Route> routes() {
    return List.of(
        Route.get(
            "/api/v1/audit",
            Scope.ADMIN,
            context ->
                context.json(store.list(Query.integer(context, "limit", 100, 1, MOST_ENTRIES)))));
  }

  /** Somebody asked for a change, and was answered with this status. */
  public void note(Caller caller, Context context, int status) {
    String body = context.body().replace("\0", "");
    store.add(
        caller.name(),
        caller.scope().label(),
        context.ip(),
        context.method().name(),
        context.path(),
        status,
        body.isEmpty() ? null : body.substring(0, Math.min(body.length(), MOST_CHARACTERS)));
  }
}
