package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.model.GuardMode;
import dev.headroom.model.rollout.Assignment;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.store.FlagStateStore;
import dev.headroom.store.TokenStore;
import dev.headroom.web.token.TokenSecret;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What people do to rollouts over HTTP, and what they may not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RolloutApiTest {

  /** Opens as soon as every instance was evaluated once. */
  private static final String AT_ONCE =
      "{\"shadow_soak_ms\": 0, \"canary_soak_ms\": 0, \"minimum_decisions\": 1, \"silence_ms\": 600000}";

  private static final String BY_DEFAULT = "{}";

  private final TestWeb web =
      TestWeb.start(WebConfig.LOOPBACK.withTokens().withRequestsPerSecond(TestWeb.UNLIMITED));
  private final PromotedFleet fleet = PromotedFleet.make(web, 60);
  private final Map<String, String> secrets = new HashMap<>();

  RolloutApiTest() {
    for (String[] each :
        List.of(
            new String[] {"vic", "viewer"},
            new String[] {"olga", "operator"},
            new String[] {"omar", "operator"},
            new String[] {"ada", "admin"})) {
      String secret = TokenSecret.make();
      new TokenStore(web.database().dataSource())
          .create(TokenSecret.sha256(secret), each[0], each[1], null);
      secrets.put(each[0], secret);
    }
  }

  @AfterAll
  void close() {
    web.close();
  }

  @Test
  void aViewer_isRefused_nothingChanges_andTheAuditSaysSo() {
    Rollout rollout = fleet.promote("viewed", BY_DEFAULT);
    for (String action : List.of("advance", "approve", "pause", "resume", "rollback", "retire")) {
      HttpResponse<String> refused = act("vic", rollout, action, 1, "I would like to");
      assertThat(refused.statusCode()).as(action).isEqualTo(403);
      JsonNode row = get("ada", "/api/v1/audit?limit=1").get(0);
      assertThat(row.get("actor").stringValue()).isEqualTo("vic");
      assertThat(row.get("path").stringValue()).endsWith("/" + action);
      assertThat(row.get("status").intValue()).isEqualTo(403);
    }
    assertThat(history(rollout)).hasSize(2);
    assertThat(post(null, path(rollout) + "/pause", Map.of()).statusCode()).isEqualTo(401);
    assertThat(refusal(get("vic", path(rollout) + "/outlook"), "pause"))
        .isEqualTo("it needs a token of scope operator");
  }

  @Test
  void anOperator_pausesResumesAndTakesBack_underTheirOwnName() {
    Rollout rollout = fleet.promote("operated", BY_DEFAULT);
    JsonNode paused = json(act("olga", rollout, "pause", 1, "lunch"));
    assertThat(paused.get("rollout").get("paused").booleanValue()).isTrue();
    assertThat(paused.get("rollout").get("revision").longValue()).isEqualTo(2);
    assertThat(refusal(get("olga", path(rollout) + "/outlook"), "pause"))
        .isEqualTo("it is paused already");

    HttpResponse<String> twice = act("olga", rollout, "pause", 2, "again");
    assertThat(twice.statusCode()).isEqualTo(422);
    assertThat(error(twice).get("message").stringValue()).contains("it is paused already");

    assertThat(act("omar", rollout, "resume", 2, "back").statusCode()).isEqualTo(200);
    JsonNode back = json(act("omar", rollout, "rollback", 3, "errors in billing"));
    assertThat(back.get("rollout").get("stage").stringValue()).isEqualTo("rolled_back");
    JsonNode step = back.get("history").get(0);
    assertThat(step.get("actor").stringValue()).isEqualTo("omar");
    assertThat(step.get("reason").stringValue()).isEqualTo("errors in billing");
    HttpResponse<String> ended = act("omar", rollout, "retire", 4, "tidy");
    assertThat(ended.statusCode()).isEqualTo(422);
    assertThat(error(ended).get("message").stringValue())
        .contains("it has ended")
        .doesNotContain("--approver");
  }

  @Test
  void gatesThatHold_refuseAStep_untilAnAdminAnswersForIt() {
    Rollout rollout = fleet.promote("held", BY_DEFAULT);
    HttpResponse<String> held = act("olga", rollout, "advance", 1, "onwards");
    assertThat(held.statusCode()).isEqualTo(422);
    assertThat(error(held).get("code").stringValue()).isEqualTo("refused");
    assertThat(error(held).get("message").stringValue()).contains("soak", "of 86400 s");
    assertThat(error(held).get("next_step").stringValue()).contains("have an admin approve it");

    assertThat(act("olga", rollout, "approve", 1, "I say so").statusCode()).isEqualTo(403);
    assertThat(history(rollout)).hasSize(2);

    JsonNode approved =
        json(
            post(
                "ada",
                path(rollout) + "/approve",
                Map.of("reason", "few kills so far", "revision", 1, "to", "canary:25")));
    assertThat(approved.get("rollout").get("canary_percent").intValue()).isEqualTo(25);
    JsonNode step = approved.get("history").get(0);
    assertThat(step.get("actor").stringValue()).isEqualTo("ada");
    assertThat(step.get("approver").stringValue()).isEqualTo("ada");
    assertThat(step.get("evidence").stringValue()).contains("soaked_s", "\"hold\"");
    HttpResponse<String> nowhere =
        post(
            "ada",
            path(rollout) + "/approve",
            Map.of("reason", "up", "revision", 2, "to", "the moon"));
    assertThat(nowhere.statusCode()).isEqualTo(422);
  }

  @Test
  void openGates_letAnOperatorTakeTheNextStep_andTheOutlookSaidSo() {
    Rollout rollout = fleet.promote("opened", AT_ONCE);
    fleet.evaluate(rollout);
    JsonNode outlook = get("olga", path(rollout) + "/outlook");
    assertThat(outlook.get("outcome").stringValue()).isEqualTo("open");
    assertThat(refusal(outlook, "advance")).isNull();
    assertThat(refusal(outlook, "approve")).isEqualTo("it needs a token of scope admin");

    JsonNode moved = json(act("olga", rollout, "advance", 1, "every gate is open"));
    assertThat(moved.get("rollout").get("canary_percent").intValue()).isEqualTo(1);
    assertThat(moved.get("history").get(0).get("approver").isNull()).isTrue();
  }

  @Test
  void theOutlook_countsTheInstancesOfEachPlace_andSaysWhenItComes() {
    Rollout rollout = fleet.promote("counted", BY_DEFAULT);
    fleet.approve("counted", "canary:50");
    JsonNode outlook = get("vic", path(rollout) + "/outlook");
    assertThat(outlook.get("instances").intValue()).isEqualTo(60);
    assertThat(outlook.get("held_out").intValue())
        .isEqualTo((int) fleet.instances().stream().filter(Buckets::isHeldOut).count());
    for (JsonNode place : outlook.get("ladder")) {
      int percent =
          switch (place.get("stage").stringValue()) {
            case "canary" -> place.get("canary_percent").intValue();
            case "enforce" -> 100;
            default -> 0;
          };
      int reached =
          (int)
              fleet.instances().stream()
                  .filter(each -> !Buckets.isHeldOut(each))
                  .filter(each ->
                      Buckets.isReached(Buckets.canaryBucket(rollout.rolloutId(), each), percent))
                  .count();
      assertThat(place.get("in_force").intValue()).as(place.toString()).isEqualTo(reached);
      assertThat(place.get("earliest_at").isNull()).as(place.toString()).isEqualTo(percent <= 50);
    }
    assertThat(outlook.get("in_force").intValue()).isPositive();
    Instant soaked = Instant.parse(outlook.get("soak_ends_at").stringValue());
    assertThat(soaked)
        .isBetween(Instant.now().plusSeconds(80_000), Instant.now().plusSeconds(86_400));
    assertThat(Instant.parse(outlook.get("ladder").get(7).get("earliest_at").stringValue()))
        .isEqualTo(soaked);
  }

  @Test
  void ofTwoAtOnce_oneWins_andTheOtherLearnsWhoDid() throws Exception {
    Rollout rollout = fleet.promote("raced", BY_DEFAULT);
    CyclicBarrier together = new CyclicBarrier(2);
    for (long revision = 1; revision <= 5; revision++) {
      long seen = revision;
      List<Future<HttpResponse<String>>> calls = new ArrayList<>();
      String action = revision % 2 == 1 ? "pause" : "resume";
      try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
        for (String who : List.of("olga", "omar")) {
          calls.add(
              threads.submit(() -> {
                together.await(10, TimeUnit.SECONDS);
                return act(who, rollout, action, seen, who + " was quick");
              }));
        }
      }
      HttpResponse<String> one = calls.getFirst().get();
      HttpResponse<String> two = calls.getLast().get();
      assertThat(List.of(one.statusCode(), two.statusCode())).containsExactlyInAnyOrder(200, 409);
      boolean olgaWon = one.statusCode() == 200;
      assertThat(error(olgaWon ? two : one).get("message").stringValue())
          .contains((olgaWon ? "olga" : "omar") + " was first");
      assertThat(history(rollout)).hasSize(2 + (int) revision);
    }
  }

  @Test
  void whoeverDecidesOnAnOldPage_changesNothing() {
    Rollout rollout = fleet.promote("outdated", BY_DEFAULT);
    assertThat(act("olga", rollout, "pause", 1, "first").statusCode()).isEqualTo(200);
    assertThat(act("olga", rollout, "resume", 2, "second").statusCode()).isEqualTo(200);
    HttpResponse<String> late = act("omar", rollout, "rollback", 1, "third");
    assertThat(late.statusCode()).isEqualTo(409);
    assertThat(error(late).get("message").stringValue())
        .contains("olga was first", "paused rollout outdated")
        .doesNotContain("headroom rollout");
    assertThat(error(late).get("next_step").stringValue()).contains("look at the rollout again");
    assertThat(act("omar", rollout, "rollback", 99, "ahead").statusCode()).isEqualTo(404);
    assertThat(history(rollout)).hasSize(4);
  }

  @Test
  void aStop_holdsWhateverIsDoneToRollouts_untilItIsLifted() {
    Rollout rollout = fleet.promote("stopped", BY_DEFAULT);
    assertThat(
            post("vic", "/api/v1/guard-stop", Map.of("stopped", true, "reason", "no")).statusCode())
        .isEqualTo(403);
    assertThat(
            post("olga", "/api/v1/guard-stop", Map.of("stopped", true, "reason", "errors"))
                .statusCode())
        .isEqualTo(200);
    try {
      assertThat(
              post(
                      "ada",
                      path(rollout) + "/approve",
                      Map.of("reason", "for later", "revision", 1, "to", "enforce"))
                  .statusCode())
          .isEqualTo(200);
      JsonNode all = get("vic", "/api/v1/rollouts");
      assertThat(all.get("stop").stringValue()).isEqualTo("errors (olga)");
      assertThat(all.get("instances_in_force").intValue()).as("once it is lifted").isPositive();
      assertThat(modes()).containsOnly(GuardMode.OFF);
    } finally {
      assertThat(
              post("olga", "/api/v1/guard-stop", Map.of("stopped", false, "reason", "over"))
                  .statusCode())
          .isEqualTo(200);
    }
    assertThat(modes()).contains(GuardMode.ENFORCE);
    assertThat(act("olga", rollout, "rollback", 2, "tidy").statusCode()).isEqualTo(200);
  }

  private List<GuardMode> modes() {
    var state = new FlagStateStore(web.database().dataSource()).read();
    return fleet.instances().stream()
        .map(each -> Assignment.of(state, each, PromotedFleet.LABELS).mode())
        .distinct()
        .toList();
  }

  @Test
  void aChange_namesAReason_andTheRevisionItWasDecidedOn() {
    Rollout rollout = fleet.promote("asked", BY_DEFAULT);
    for (Map<String, Object> body :
        List.<Map<String, Object>>of(
            Map.of(),
            Map.of("reason", "why not"),
            Map.of("revision", 1),
            Map.of("reason", " \0 ", "revision", 1),
            Map.of("reason", "why not", "revision", "1"),
            Map.of("reason", "why not", "revision", 1.5),
            Map.of("reason", "x".repeat(501), "revision", 1))) {
      HttpResponse<String> refused = post("olga", path(rollout) + "/pause", body);
      assertThat(refused.statusCode()).as(body.toString()).isEqualTo(400);
      assertThat(error(refused).get("next_step").stringValue()).isNotBlank();
    }
    assertThat(
            post(
                    "olga",
                    "/api/v1/rollouts/0f8fad5b-d9cb-469f-a165-70867728950e/pause",
                    Map.of("reason", "no such", "revision", 1))
                .statusCode())
        .isEqualTo(404);
    assertThat(history(rollout)).hasSize(2);
  }

  private HttpResponse<String> act(
      String who, Rollout rollout, String action, long revision, String reason) {
    return post(who, path(rollout) + "/" + action, Map.of("reason", reason, "revision", revision));
  }

  private static String path(Rollout rollout) {
    return "/api/v1/rollouts/" + rollout.rolloutId();
  }

  private HttpResponse<String> post(@Nullable String who, String path, Map<String, ?> body) {
    HttpRequest.Builder request =
        web.request(path)
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(JsonMapper.shared().writeValueAsString(body)));
    if (who != null) {
      request.header("X-API-Key", secret(who));
    }
    return web.send(request);
  }

  private JsonNode get(String who, String path) {
    return json(web.send(web.request(path).header("X-API-Key", secret(who)).GET()));
  }

  private String secret(String who) {
    return Objects.requireNonNull(secrets.get(who));
  }

  private static JsonNode json(HttpResponse<String> response) {
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestWeb.json(response);
  }

  private static JsonNode error(HttpResponse<String> response) {
    return TestWeb.json(response).get("error");
  }

  private JsonNode history(Rollout rollout) {
    return get("vic", path(rollout)).get("history");
  }

  private static @Nullable String refusal(JsonNode outlook, String action) {
    for (JsonNode each : outlook.get("actions")) {
      if (each.get("action").stringValue().equals(action)) {
        return each.get("refusal").isNull() ? null : each.get("refusal").stringValue();
      }
    }
    throw new AssertionError("no " + action + " in " + outlook);
  }
}
