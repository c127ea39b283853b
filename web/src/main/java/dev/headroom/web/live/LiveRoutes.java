package dev.headroom.web.live;

import dev.headroom.store.LiveStore.Marks;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.sse.SseClient;
import io.javalin.http.sse.SseHandler;
import java.time.Duration;
import java.util.List;

/** The stream of changes as server-sent events. */
public final class LiveRoutes implements Routes {

  private static final int MOST_LISTENERS = 500;
  private static final Duration HEARTBEAT = Duration.ofSeconds(15);

  private final ChangeFeed feed;

  public LiveRoutes(ChangeFeed feed) {
    this.feed = feed;
  }

  @Override
  public List<Route> routes() {
    SseHandler stream = new SseHandler(this::stream);
    return List.of(
        Route.get(
            "/api/v1/events",
            Scope.VIEWER,
            context -> {
              if (feed.listeners() >= MOST_LISTENERS) {
                throw ApiException.unavailable(
                    "too many pages are open", "close some, or reload instead");
              }
              stream.handle(context);
            }));
  }

  private void stream(SseClient client) {
    try {
      feed.listen(
          (Marks marks) -> client.sendEvent("change", marks),
          () -> client.sendComment("still here"),
          HEARTBEAT,
          client::terminated);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      client.close();
    }
  }
}
