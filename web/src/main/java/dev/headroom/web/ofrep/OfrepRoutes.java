package dev.headroom.web.ofrep;

import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.model.rollout.FlagEvaluation.Flag;
import dev.headroom.model.rollout.FlagEvaluation.Reason;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.web.http.ApiException;
import dev.headroom.web.http.Caller;
import dev.headroom.web.http.Route;
import dev.headroom.web.http.Routes;
import dev.headroom.web.http.Scope;
import dev.headroom.web.http.WebJson;
import dev.headroom.web.ofrep.EvaluationContext.InvalidException;
import dev.headroom.web.ofrep.FlagFeed.Known;
import io.javalin.http.Context;
import io.javalin.http.sse.SseClient;
import io.javalin.http.sse.SseHandler;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** The OpenFeature Remote Evaluation Protocol 0.3, over the one evaluation that collectors use. */
public final class OfrepRoutes implements Routes {

  private static final String ONE = "/ofrep/v1/evaluate/flags/{key}";
  private static final String ALL = "/ofrep/v1/evaluate/flags";
  private static final String EVENTS = "/ofrep/v1/events";
  private static final int MOST_LISTENERS = 2_000;
  private static final int INACTIVITY_S = 120;
  private static final Duration HEARTBEAT = Duration.ofSeconds(5);
  private static final String RETRY_S = "5";

  private final FlagFeed feed;
  private final AtomicInteger listeners = new AtomicInteger();

  public OfrepRoutes(FlagFeed feed) {
    this.feed = feed;
  }

  @Override
  public List<Route> routes() {
    SseHandler events = new SseHandler(this::tellChanges);
    return List.of(
        Route.post(ONE, Scope.VIEWER, this::one),
        Route.post(ALL, Scope.VIEWER, this::all),
        Route.get(
            EVENTS,
            Scope.VIEWER,
            context -> {
              if (listeners.get() >= MOST_LISTENERS) {
                throw ApiException.unavailable("too many clients listen", "poll instead");
              }
              events.handle(context);
            }));
  }

  private void one(Context context) {
    String key = context.pathParam("key");
    Optional<Known> known = feed.find();
    if (known.isEmpty()) {
      away(context);
      return;
    }
    if (!FlagEvaluation.KEYS.contains(key)) {
      fail(context, 404, key, "FLAG_NOT_FOUND", "there is no flag of this name");
      return;
    }
    try {
      EvaluationContext asked = EvaluationContext.parse(context.body());
      Flag flag =
          FlagEvaluation.find(key, known.get().state(), asked.instance(), asked.labels())
              .orElseThrow();
      context.json(success(flag));
    } catch (InvalidException e) {
      fail(context, 400, key, e.fault().name(), String.valueOf(e.getMessage()));
    }
  }

  private void all(Context context) {
    Optional<Known> known = feed.find();
    if (known.isEmpty()) {
      away(context);
      return;
    }
    try {
      EvaluationContext asked = EvaluationContext.parse(context.body());
      FlagState state = known.get().state();
      Map<String, Object> answer = new LinkedHashMap<>();
      answer.put(
          "flags",
          FlagEvaluation.list(state, asked.instance(), asked.labels()).stream()
              .map(OfrepRoutes::success)
              .toList());
      answer.put("metadata", Map.of("revision", state.revision()));
      answer.put(
          "eventStreams",
          List.of(
              Map.of(
                  "type",
                  "sse",
                  "endpoint",
                  Map.of("requestUri", EVENTS),
                  "inactivityDelaySec",
                  INACTIVITY_S)));
      send(context, answer);
    } catch (InvalidException e) {
      fail(context, 400, null, e.fault().name(), String.valueOf(e.getMessage()));
    }
  }

  /** The tag follows from the answer, so a change that does not concern the instance is none. */
  private static void send(Context context, Map<String, Object> answer) {
    String body = WebJson.mapper().writeValueAsString(answer);
    String tag = '"' + hash(body) + '"';
    context.header("ETag", tag);
    if (isKnown(context.header("If-None-Match"), tag)) {
      context.status(304);
      return;
    }
    context.contentType("application/json");
    context.result(body);
  }

  private static boolean isKnown(@Nullable String ifNoneMatch, String tag) {
    if (ifNoneMatch == null) {
      return false;
    }
    for (String each : ifNoneMatch.split(",", -1)) {
      String given = each.strip();
      if (given.equals(tag) || given.equals("W/" + tag) || given.equals("*")) {
        return true;
      }
    }
    return false;
  }

  private static Map<String, Object> success(Flag flag) {
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("key", flag.key());
    answer.put("value", flag.value());
    // The protocol has no word for a default; a value that nothing targets is static.
    answer.put("reason", flag.reason() == Reason.DEFAULT ? "STATIC" : flag.reason().name());
    answer.put("variant", flag.variant());
    answer.put("metadata", new java.util.TreeMap<>(flag.metadata()));
    return answer;
  }

  private static void fail(
      Context context, int status, @Nullable String key, String code, String details) {
    Map<String, Object> answer = new LinkedHashMap<>();
    if (key != null) {
      answer.put("key", key);
    }
    answer.put("errorCode", code);
    answer.put("errorDetails", details);
    context.status(status);
    context.json(answer);
  }

  private static void away(Context context) {
    context.status(503);
    context.header("Retry-After", RETRY_S);
    context.json(
        Map.of("errorDetails", "the flags' state is not known; use the defaults in your code"));
  }

  private void tellChanges(SseClient client) {
    listeners.incrementAndGet();
    try {
      FlagState told = feed.find().map(Known::state).orElse(null);
      // Whoever reads this is told of every change from now on.
      client.sendComment("listening");
      while (!client.terminated() && !feed.isClosed() && Caller.isStillGood(client.ctx())) {
        Known now = feed.awaitChange(told, HEARTBEAT).orElse(null);
        if (now == null || now.state().equals(told)) {
          client.sendComment("still here");
          continue;
        }
        told = now.state();
        Map<String, Object> event = new LinkedHashMap<>();
        event.put("type", "refetchEvaluation");
        event.put("etag", Long.toString(told.revision()));
        event.put("lastModified", now.changedAt().getEpochSecond());
        client.sendEvent("message", event, Long.toString(told.revision()));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      listeners.decrementAndGet();
      client.close();
    }
  }

  private static String hash(String body) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
