package dev.headroom.web;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.model.Policy;
import dev.headroom.store.GuardStopStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.TokenStore;
import dev.headroom.web.RawHttp.Answer;
import dev.headroom.web.http.Guarded;
import dev.headroom.web.token.TokenSecret;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Nobody who asks too much, too slowly or under a false name hurts others. */
final class LimitsTest {

  private static final WebConfig TOKENS = WebConfig.LOOPBACK.withTokens();

  @Test
  void whoAsksTooOften_isToldWhenToComeBack_andOthersAreNot() throws IOException {
    try (TestWeb web = TestWeb.start(TOKENS.withRequestsPerSecond(1))) {
      String busy = token(web, "busy", "viewer");
      String calm = token(web, "calm", "viewer");
      try (RawHttp client = new RawHttp(web.server().url())) {
        List<Answer> answers = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
          answers.add(get(client, "/api/v1/me", "Authorization: Bearer " + busy));
        }
        List<Answer> refused = answers.stream().filter(each -> each.status() == 429).toList();
        assertThat(answers.getFirst().status()).isEqualTo(200);
        assertThat(refused).isNotEmpty();
        assertThat(refused)
            .allSatisfy(each -> {
              assertThat(each.header("Retry-After")).isEqualTo("1");
              assertThat(code(each)).isEqualTo("too_many_requests");
              assertThat(each.headers().keySet()).containsAll(lowerCase(Guarded.HEADERS));
            });
        assertThat(get(client, "/api/v1/me", "Authorization: Bearer " + calm).status())
            .isEqualTo(200);
        assertThat(get(client, "/api/v1/me", "X-Nothing: 1").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void guessedTokens_areCounted_beforeTheDatabaseIsAsked() throws IOException {
    try (TestWeb web = TestWeb.start(TOKENS.withRequestsPerSecond(1))) {
      String good = token(web, "good", "viewer");
      try (RawHttp client = new RawHttp(web.server().url())) {
        assertThat(get(client, "/api/v1/me", "X-API-Key: " + good).status()).isEqualTo(200);
        List<Integer> answers = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
          answers.add(get(client, "/api/v1/me", "X-API-Key: hdrm_guess" + i).status());
        }
        assertThat(answers.getFirst()).isEqualTo(401);
        assertThat(answers.getLast()).isEqualTo(429);
        assertThat(get(client, "/api/v1/me", "X-API-Key: " + good).status())
            .as("who is known already")
            .isEqualTo(200);
      }
    }
  }

  @Test
  void behindAProxy_theAddressThatItAddedCounts_andNotWhatTheClientMadeUp() throws IOException {
    WebConfig config = WebConfig.of("127.0.0.1", 0, true, true).withRequestsPerSecond(1);
    try (TestWeb web = TestWeb.start(config);
        RawHttp client = new RawHttp(web.server().url())) {
      List<Integer> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        String chain = "X-Forwarded-For: 198.51.100." + i + ", 203.0.113.7";
        answers.add(get(client, "/healthz", chain).status());
      }
      assertThat(answers).contains(429);
      assertThat(get(client, "/healthz", "X-Forwarded-For: 203.0.113.8").status()).isEqualTo(200);

      String secret = token(web, "ann", "operator");
      post(
          client,
          "/api/v1/guard-stop",
          "{}",
          "X-API-Key: " + secret + "\r\nX-Forwarded-For: 203.0.113.9");
      String admin = token(web, "ada", "admin");
      Answer audit =
          get(client, "/api/v1/audit", "X-API-Key: " + admin + "\r\nX-Forwarded-For: 203.0.113.10");
      assertThat(audit.body()).contains("\"address\":\"203.0.113.9\"");
    }
  }

  @Test
  void withoutAProxy_nobodySaysWhereItComesFrom() throws IOException {
    try (TestWeb web = TestWeb.start(TOKENS.withRequestsPerSecond(1));
        RawHttp client = new RawHttp(web.server().url())) {
      List<Integer> answers = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        answers.add(get(client, "/healthz", "X-Forwarded-For: 203.0.113." + i).status());
      }
      assertThat(answers).contains(429);
    }
  }

  @Test
  void anotherNameForThisMachine_isRefused_asDnsRebindingUsesOne() throws IOException {
    try (TestWeb web = TestWeb.start();
        RawHttp client = new RawHttp(web.server().url())) {
      for (String host :
          List.of(
              "evil.example", "127.0.0.1.evil.example", "localhost.evil:80", "evil@127.0.0.1")) {
        Answer answer =
            client.exchange(
                bytes("GET /api/v1/fleet HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), false);
        assertThat(answer.status()).as(host).isIn(400, 403);
        assertThat(answer.headers().keySet()).containsAll(lowerCase(Guarded.HEADERS));
      }
      for (String host : List.of("127.0.0.1", "LOCALHOST:1", "[::1]:80")) {
        assertThat(
                client
                    .exchange(bytes("GET /api/v1/me HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), false)
                    .status())
            .as(host)
            .isEqualTo(200);
      }
    }
  }

  @Test
  void whatIsTooLarge_isRefused_inTheSameWords() throws IOException {
    try (TestWeb web = TestWeb.start();
        RawHttp client = new RawHttp(web.server().url())) {
      String path = "/api/v1/guard-stop";
      String most = "{\"reason\": \"" + "x".repeat(256 * 1024 - 14) + "\"}";
      assertThat(most).hasSize(256 * 1024);
      assertThat(code(post(client, path, most, "X: y"))).isEqualTo("bad_request");
      Answer body = post(client, path, most + " ", "X: y");
      assertThat(body.status()).isEqualTo(413);
      assertThat(code(body)).isEqualTo("too_large");
      Answer headers = get(client, "/healthz", "X-Long: " + "x".repeat(10_000));
      assertThat(headers.status()).isEqualTo(431);
      assertThat(code(headers)).isEqualTo("too_large");
      assertThat(headers.headers().keySet()).containsAll(lowerCase(Guarded.HEADERS));
      assertThat(web.json("/api/v1/audit?limit=10").get(0).get("status").intValue()).isEqualTo(413);
    }
  }

  @Test
  void streamsThatNobodyReads_andBodiesThatDoNotCome_keepNobodyWaiting() throws Exception {
    try (TestWeb web = TestWeb.start()) {
      List<RawHttp> lazy = new ArrayList<>();
      try (RawHttp listener = new RawHttp(web.server().url())) {
        for (int i = 0; i < 100; i++) {
          RawHttp client = new RawHttp(web.server().url());
          lazy.add(client);
          Socket socket =
              client.send(
                  bytes(
                      i % 2 == 0
                          ? "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"
                          : "POST /api/v1/guard-stop HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"));
          socket.setReceiveBufferSize(1_024);
        }
        Socket socket =
            listener.send(
                bytes(
                    "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n"));
        BufferedReader lines =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        awaitLine(lines, "\"guard_stops\":0");
        new GuardStopStore(web.database().dataSource()).stop("ann", "a test");
        awaitLine(lines, "\"guard_stops\":");
        assertThat(web.get("/api/v1/fleet").statusCode()).isEqualTo(200);
      } finally {
        lazy.forEach(RawHttp::close);
      }
    }
  }

  @Test
  void oneCallersStreams_leaveRoomForOthers() throws Exception {
    try (TestWeb web = TestWeb.start(TOKENS)) {
      String greedy = token(web, "greedy", "viewer");
      String modest = token(web, "modest", "viewer");
      List<RawHttp> open = new ArrayList<>();
      try (RawHttp more = new RawHttp(web.server().url())) {
        for (int i = 0; i < 100; i++) {
          RawHttp client = new RawHttp(web.server().url());
          open.add(client);
          client.send(stream(greedy));
        }
        await()
            .atMost(20, SECONDS)
            .until(() -> more.exchange(stream(greedy), false).status() == 503);
        assertThat(more.exchange(stream(modest), false).status()).isEqualTo(200);
      } finally {
        open.forEach(RawHttp::close);
      }
    }
  }

  private static byte[] stream(String secret) {
    return bytes(
        "GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-API-Key: "
            + secret
            + "\r\n\r\n");
  }

  @Test
  void aStream_endsWithItsToken() throws Exception {
    try (TestWeb web = TestWeb.start(TOKENS)) {
      String secret = token(web, "vic", "viewer");
      for (String path : List.of("/api/v1/events", "/ofrep/v1/events")) {
        try (RawHttp client = new RawHttp(web.server().url())) {
          Socket socket =
              client.send(
                  bytes(
                      "GET %s HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nX-API-Key: %s\r\n\r\n"
                          .formatted(path, secret)));
          BufferedReader lines =
              new BufferedReader(
                  new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
          awaitLine(lines, path.startsWith("/ofrep") ? "listening" : "data");
          new TokenStore(web.database().dataSource()).revoke("vic");
          await().atMost(30, SECONDS).until(() -> lines.readLine() == null);
        }
        secret = token(web, "vic", "viewer");
      }
    }
  }

  @Test
  void refusalsOfKnownCallers_areNoted_andStrangersCannotFillTheAudit() throws IOException {
    try (TestWeb web = TestWeb.start(TOKENS);
        RawHttp client = new RawHttp(web.server().url())) {
      new PolicyStore(web.database().dataSource()).register(Policy.of("x", "1B"), "ann");
      String viewer = token(web, "vic", "viewer");
      String operator = token(web, "oda", "operator");
      String admin = token(web, "ada", "admin");
      String path = "/api/v1/guard-stop";
      String stop = "{\"stopped\": true, \"reason\": \"why\"}";
      assertThat(post(client, path, stop, "X-Nothing: 1").status()).isEqualTo(401);
      assertThat(post(client, path, stop, "X-API-Key: hdrm_guess").status()).isEqualTo(401);
      assertThat(post(client, path, stop, "X-API-Key: " + viewer).status()).isEqualTo(403);
      assertThat(
              post(client, path, stop, "Origin: https://evil.example\r\nX-API-Key: " + operator)
                  .status())
          .isEqualTo(403);
      assertThat(post(client, path, "{", "X-API-Key: " + operator).status()).isEqualTo(400);
      String elephants =
          "{\"stopped\": true, \"reason\": \"" + "🐘".repeat(200) + "\"" + " ".repeat(559) + "🐘}";
      assertThat(post(client, path, elephants, "X-API-Key: " + operator).status()).isEqualTo(400);
      assertThat(post(client, path, stop, "X-API-Key: " + operator).status()).isEqualTo(200);

      List<String> noted = new ArrayList<>();
      for (JsonNode row :
          TestWeb.json(web.send(web.request("/api/v1/audit").header("X-API-Key", admin).GET()))) {
        noted.add(row.get("actor").stringValue() + " " + row.get("status").intValue());
      }
      assertThat(noted).containsExactly("oda 200", "oda 400", "oda 400", "oda 403", "vic 403");
    }
  }

  @Test
  void aWebSocket_isRefused_inTheSameWords() throws IOException {
    try (TestWeb web = TestWeb.start(TOKENS);
        RawHttp client = new RawHttp(web.server().url())) {
      Answer answer =
          get(
              client,
              "/api/v1/events",
              "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: x\r\nContent-Type: a;charset");
      assertThat(answer.status()).isEqualTo(400);
      assertThat(code(answer)).isEqualTo("bad_request");
      assertThat(answer.headers().keySet()).containsAll(lowerCase(Guarded.HEADERS));
    }
  }

  @Test
  void aMethodInAHeader_isNotTaken() throws IOException {
    try (TestWeb web = TestWeb.start();
        RawHttp client = new RawHttp(web.server().url())) {
      Answer answer = get(client, "/api/v1/guard-stop", "X-HTTP-Method-Override: POST");
      assertThat(answer.status()).isEqualTo(400);
      for (String charset : List.of("charset", "charset=", "charset=utf-16", "charset=none")) {
        Answer refused =
            client.exchange(
                bytes(
                    "GET /api/v1/fleet?from=1h HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json; "
                        + charset
                        + "\r\n\r\n"),
                false);
        assertThat(refused.status()).as(charset).isEqualTo(400);
      }
    }
  }

  private static void awaitLine(BufferedReader lines, String part) throws IOException {
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      if (line.contains(part)) {
        return;
      }
    }
    throw new AssertionError("the stream ended before " + part);
  }

  private static String token(TestWeb web, String name, String scope) {
    String secret = TokenSecret.make();
    new TokenStore(web.database().dataSource())
        .create(TokenSecret.sha256(secret), name, scope, null);
    return secret;
  }

  private static Answer get(RawHttp client, String path, String header) throws IOException {
    return client.exchange(
        bytes("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n"), false);
  }

  private static Answer post(RawHttp client, String path, String json, String header)
      throws IOException {
    int length = json.getBytes(StandardCharsets.UTF_8).length;
    return client.exchange(
        bytes(
            "POST %s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n\r\n%s"
                .formatted(path, length, header, json)),
        false);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static String code(Answer answer) {
    return JsonMapper.shared().readTree(answer.body()).get("error").get("code").stringValue();
  }

  private static List<String> lowerCase(Map<String, String> headers) {
    return headers.keySet().stream().map(name -> name.toLowerCase(Locale.ROOT)).toList();
  }
}
