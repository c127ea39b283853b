package dev.headroom.web.token;

import dev.headroom.store.AuditStore;
import dev.headroom.store.DatabaseException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.ClientAddress;
import dev.headroom.web.http.Query;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Notes every request that was to change something, and shows what was noted. */
public final class Audit implements Routes {

  private static final Logger LOG = LoggerFactory.getLogger(Audit.class);
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

  /**
   * Somebody asked for a change, and was answered with this status.
   *
   * @param body what was asked for; empty when nobody looked at it
   */
  public void note(Caller caller, Context context, int status, String body) {
    String detail = detail(body);
    try {
      store.add(
          caller.name(),
          caller.scope().label(),
          ClientAddress.of(context),
          context.method().name(),
          context.path(),
          status,
          detail);
    } catch (DatabaseException e) {
      // What was done is done: the answer must say so, and the log is what is left to note it in.
      LOG.error(
          "not in the audit: {} ({}) at {} asked {} {} and was answered {}: {}; {}",
          caller.name(),
          caller.scope().label(),
          ClientAddress.of(context),
          context.method(),
          context.path(),
          status,
          detail,
          e.getMessage());
    }
  }

  /** As much of it as is kept, in characters that the database takes. */
  private static @Nullable String detail(String body) {
    String text = body.replace("\0", "");
    if (text.isEmpty()) {
      return null;
    }
    if (text.length() <= MOST_CHARACTERS) {
      return text;
    }
    boolean splitsPair = Character.isHighSurrogate(text.charAt(MOST_CHARACTERS - 1));
    return text.substring(0, splitsPair ? MOST_CHARACTERS - 1 : MOST_CHARACTERS);
  }
}
