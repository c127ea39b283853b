package dev.headroom.web.live;

import dev.headroom.store.LiveStore.Marks;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import io.javalin.http.sse.SseClient;
import io.javalin.http.sse.SseHandler;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The stream of changes as server-sent events. */
public final class LiveRoutes implements Routes {

  private static final int MOST_LISTENERS = 500;
  private static final int MOST_OF_ONE = 100;

  /**
   * Also how long a client that is gone, or whose token was taken back, is taken for a listener.
   */
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);

  private final ChangeFeed feed;
  private final Map<String, Integer> open = new ConcurrentHashMap<>();

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
              if (feed.listeners() >= MOST_LISTENERS || hasEnough(Caller.of(context))) {
                throw ApiException.unavailable(
                    "too many pages are open", "close some, or reload instead");
              }
              stream.handle(context);
            }));
  }

  /** Where no token is asked for, all are one caller. */
  private boolean hasEnough(Caller caller) {
    return !caller.equals(Caller.LOCAL) && open.getOrDefault(caller.name(), 0) >= MOST_OF_ONE;
  }

  private void stream(SseClient client) {
    String caller = Caller.of(client.ctx()).name();
    open.merge(caller, 1, Integer::sum);
    try {
      feed.listen(
          (Marks marks) -> client.sendEvent("change", marks),
          () -> client.sendComment("still here"),
          HEARTBEAT,
          () -> client.terminated() || !Caller.isStillGood(client.ctx()));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.computeIfPresent(caller, (_, streams) -> streams == 1 ? null : streams - 1);
      client.close();
    }
  }
}
