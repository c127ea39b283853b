package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.InstanceId;
import dev.headroom.store.TokenStore;
import dev.headroom.web.ApiDocument.Operation;
import dev.headroom.web.http.Route;
import dev.headroom.web.token.TokenSecret;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** What every answer has, who is let in, and that the document says what is served. */
final class WebServerTest {

  private static final Set<String> PAGES =
      Set.of(
          "/assets/",
          "/favicon.ico",
          "/instances",
          "/incidents",
          "/backtests",
          "/rollouts",
          "/audit");

  /** A pool waits 10 s for a connection. */
  private static final Duration BEFORE_THE_POOL = Duration.ofSeconds(7);

  @Test
  void itLives_isReady_andIsMeasured() {
    try (TestWeb web = TestWeb.start()) {
      assertThat(web.json("/healthz").get("status").stringValue()).isEqualTo("alive");
      assertThat(web.json("/readyz").get("status").stringValue()).isEqualTo("ready");
      assertThat(web.get("/metrics").body())
          .contains("headroom_web_requests_seconds", "route=\"/readyz\"", "jvm_memory_used_bytes");
      assertThat(web.json("/api/v1/me").get("scope").stringValue()).isEqualTo("admin");
    }
  }

  @Test
  void withoutTheDatabase_itSaysSo_beforeThePoolGivesUp() throws IOException {
    EmbeddedPostgres server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
    try (TestWeb web = TestWeb.on(server.getJdbcUrl("postgres", "postgres"), WebConfig.LOOPBACK)) {
      assertThat(web.json("/readyz").get("status").stringValue()).isEqualTo("ready");
      server.close();
      HttpResponse<String> away = web.send(web.request("/readyz").GET().timeout(BEFORE_THE_POOL));
      assertThat(away.statusCode()).isEqualTo(503);
      assertThat(TestWeb.json(away).get("error").get("code").stringValue())
          .isEqualTo("unavailable");
      assertThat(web.json("/healthz").get("status").stringValue()).isEqualTo("alive");
    } finally {
      server.close();
    }
  }

  @Test
  void withAndWithoutTimescale_everyQuestionIsAnswered() {
    for (TestDatabase server : TestDatabase.values()) {
      WebConfig config = WebConfig.LOOPBACK.withRequestsPerSecond(TestWeb.UNLIMITED);
      try (TestWeb web = TestWeb.start(server, config)) {
        InstanceId id = web.importCorpus("lab-guard").instances().getFirst();
        web.sql(
            "DO $$ BEGIN ASSERT (headroom.edition() = 'plain') = %b; END $$"
                .formatted(server == TestDatabase.PLAIN));
        for (Operation operation : ApiDocument.read().operations()) {
          if (operation.method().equals("GET") && !operation.isStream()) {
            String path = operation.path().replace("{id}", id.toString());
            int status = web.get(path + "?from=365d").statusCode();
            boolean isOfAnother = operation.path().contains("{id}") && !path.contains("instances");
            assertThat(status).as(server + " " + path).isEqualTo(isOfAnother ? 404 : 200);
          }
        }
      }
    }
  }

  @Test
  void everyAnswer_hasTheHeaders_andErrorsSayWhatToDo() {
    try (TestWeb web = TestWeb.start()) {
      for (String path : List.of("/", "/healthz", "/nothing/here", "/api/v1/fleet?from=x")) {
        HttpResponse<String> response = web.get(path);
        assertThat(response.headers().firstValue("Content-Security-Policy").orElseThrow())
            .contains("default-src 'none'")
            .doesNotContain("unsafe");
        assertThat(response.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
      }
      JsonNode missing = TestWeb.json(web.get("/nothing/here")).get("error");
      assertThat(missing.get("status").intValue()).isEqualTo(404);
      assertThat(missing.get("next_step").stringValue()).contains("openapi.yaml");
      JsonNode wrong = TestWeb.json(web.get("/api/v1/fleet?from=x")).get("error");
      assertThat(wrong.get("message").stringValue()).isEqualTo("from is no moment");
      assertThat(wrong.get("next_step").stringValue()).contains("30d (ago)");
      assertThat(web.get("/api/v1/fleet?from=9000d").statusCode()).isEqualTo(422);
      assertThat(web.post("/api/v1/fleet", "{}").statusCode()).isEqualTo(405);
    }
  }

  @Test
  void anotherSitesPage_canDoNothing() {
    try (TestWeb web = TestWeb.start()) {
      String body = "{\"context\": {}}";
      for (String[] header :
          List.of(
              new String[] {"Origin", "https://evil.example"},
              new String[] {"Sec-Fetch-Site", "cross-site"},
              new String[] {"Origin", "null"})) {
        HttpResponse<String> response =
            web.send(
                web.request("/ofrep/v1/evaluate/flags")
                    .header("Content-Type", "application/json")
                    .header(header[0], header[1])
                    .POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(response.statusCode()).as(header[0] + " " + header[1]).isEqualTo(403);
      }
      HttpResponse<String> form =
          web.send(
              web.request("/ofrep/v1/evaluate/flags")
                  .header("Content-Type", "text/plain")
                  .POST(HttpRequest.BodyPublishers.ofString(body)));
      assertThat(form.statusCode()).isEqualTo(400);
    }
  }

  @Test
  void tokens_openWhatTheirScopeSays_andNothingOnceRevoked() {
    try (TestWeb web =
        TestWeb.start(WebConfig.LOOPBACK.withTokens().withRequestsPerSecond(TestWeb.UNLIMITED))) {
      TokenStore tokens = new TokenStore(web.database().dataSource());
      String viewer = TokenSecret.make();
      String admin = TokenSecret.make();
      String old = TokenSecret.make();
      String revoked = TokenSecret.make();
      tokens.create(TokenSecret.sha256(viewer), "vic", "viewer", null);
      tokens.create(TokenSecret.sha256(admin), "ada", "admin", null);
      tokens.create(TokenSecret.sha256(old), "old", "admin", Instant.now().minusSeconds(1));
      tokens.create(TokenSecret.sha256(revoked), "rev", "admin", null);
      assertThat(tokens.revoke("rev")).isEqualTo(1);

      assertThat(web.get("/healthz").statusCode()).isEqualTo(200);
      assertThat(web.get("/").statusCode()).isEqualTo(200);
      assertThat(web.get("/api/v1/fleet").statusCode()).isEqualTo(401);
      assertThat(status(web, "/api/v1/fleet", viewer)).isEqualTo(200);
      assertThat(status(web, "/api/v1/audit", viewer)).isEqualTo(403);
      assertThat(status(web, "/api/v1/audit", admin)).isEqualTo(200);
      assertThat(status(web, "/api/v1/fleet", old)).isEqualTo(401);
      assertThat(status(web, "/api/v1/fleet", revoked)).isEqualTo(401);
      assertThat(status(web, "/api/v1/fleet", "hdrm_made-up")).isEqualTo(401);
    }
  }

  @Test
  void tooManyRequests_areTurnedAway_forASecond() {
    try (TestWeb web = TestWeb.start(WebConfig.LOOPBACK.withRequestsPerSecond(5))) {
      List<HttpResponse<String>> answers = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        answers.add(web.get("/healthz"));
      }
      HttpResponse<String> refused =
          answers.stream().filter(answer -> answer.statusCode() == 429).findFirst().orElseThrow();
      assertThat(refused.headers().firstValue("Retry-After")).contains("1");
      assertThat(answers.getFirst().statusCode()).isEqualTo(200);
    }
  }

  @Test
  void otherMachines_areNotLetIn_withoutTokensAndAProxy() {
    assertThatThrownBy(() -> WebConfig.of("0.0.0.0", 0, false, false))
        .hasMessageContaining("give --tokens");
    assertThatThrownBy(() -> WebConfig.of("0.0.0.0", 0, true, false))
        .hasMessageContaining("--behind-proxy");
    assertThatThrownBy(() -> WebConfig.of("127.0.0.1", 0, false, true))
        .hasMessageContaining("give --tokens");
    assertThat(WebConfig.of("0.0.0.0", 0, true, true).tokens()).isTrue();
  }

  @Test
  void theDocument_describesEveryOperation_andNoOther() throws IOException {
    try (TestWeb web = TestWeb.start();
        InputStream in = WebServer.class.getResourceAsStream("openapi.yaml")) {
      JsonNode document = new YAMLMapper().readTree(Objects.requireNonNull(in));
      Set<String> described = new TreeSet<>();
      document
          .get("paths")
          .forEachEntry((path, operations) ->
              operations.forEachEntry((method, operation) -> {
                described.add(method.toUpperCase(Locale.ROOT) + " " + path);
                assertThat(operation.path("summary").asString()).as(path).isNotBlank();
                assertThat(operation.path("responses").isObject()).as(path).isTrue();
              }));
      Set<String> served = new TreeSet<>();
      for (Route route : web.server().routes()) {
        if (!route.path().equals("/") && PAGES.stream().noneMatch(route.path()::startsWith)) {
          served.add(route.method().name() + " " + route.path());
        }
      }
      assertThat(described).isEqualTo(served);
    }
  }

  private static int status(TestWeb web, String path, String token) {
    return web.send(web.request(path).header("Authorization", "Bearer " + token).GET())
        .statusCode();
  }
}
