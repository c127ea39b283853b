package dev.headroom.web;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.FlagEvaluation;
import dev.headroom.model.rollout.FlagEvaluation.Flag;
import dev.headroom.model.rollout.FlagState;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.FlagStateStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
import dev.openfeature.contrib.providers.ofrep.OfrepProvider;
import dev.openfeature.contrib.providers.ofrep.OfrepProviderOptions;
import dev.openfeature.sdk.Client;
import dev.openfeature.sdk.FlagEvaluationDetails;
import dev.openfeature.sdk.ImmutableContext;
import dev.openfeature.sdk.ImmutableStructure;
import dev.openfeature.sdk.OpenFeatureAPI;
import dev.openfeature.sdk.Value;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Flags over OFREP are the flags that collectors see. */
final class OfrepTest {

  private static final String BULK = "/ofrep/v1/evaluate/flags";
  private static final JsonMapper JSON = JsonMapper.shared();

  private final TestWeb web = TestWeb.start();

  @AfterEach
  void close() {
    web.close();
  }

  @Test
  void tenThousandInstances_haveOneAnswer_byProviderByHttpAndByTheSdk() throws Exception {
    makeRollouts();
    FlagState state = new FlagStateStore(web.database().dataSource()).read();
    awaitRevision(state.revision());
    Client sdk = sdk();
    Random random = new Random(7);
    Map<String, Integer> values = new HashMap<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
      List<Future<?>> checks = new ArrayList<>();
      for (int i = 0; i < 10_000; i++) {
        InstanceId id = new InstanceId(new UUID(random.nextLong(), random.nextLong()));
        Map<String, String> labels =
            Map.of("tier", random.nextBoolean() ? "gold" : "lab", "zone", "é\"" + i % 3);
        List<Flag> expected = FlagEvaluation.list(state, id, labels);
        values.merge(expected.getFirst().value(), 1, Integer::sum);
        // The SDK asks flag by flag, so it is given every tenth instance.
        boolean bySdk = i % 10 == 0;
        checks.add(
            threads.submit(() -> {
              assertBulk(expected, id, labels);
              if (bySdk) {
                assertSdk(sdk, expected, id, labels);
              }
            }));
      }
      for (Future<?> check : checks) {
        check.get(120, SECONDS);
      }
    }
    assertThat(values).containsOnlyKeys("enforce", "shadow");
    assertThat(values.get("enforce")).isGreaterThan(1_000);
  }

  private void assertBulk(List<Flag> expected, InstanceId id, Map<String, String> labels) {
    HttpResponse<String> response = web.post(BULK, context(id, labels));
    assertThat(response.statusCode()).isEqualTo(200);
    JsonNode flags = TestWeb.json(response).get("flags");
    assertThat(flags.size()).isEqualTo(expected.size());
    for (int i = 0; i < expected.size(); i++) {
      assertThat(flags.get(i).get("key").stringValue()).isEqualTo(expected.get(i).key());
      assertThat(flags.get(i).get("value").stringValue()).isEqualTo(expected.get(i).value());
      assertThat(flags.get(i).get("variant").stringValue()).isEqualTo(expected.get(i).variant());
      for (Map.Entry<String, Object> entry : expected.get(i).metadata().entrySet()) {
        assertThat(flags.get(i).get("metadata").get(entry.getKey()).asString())
            .isEqualTo(entry.getValue().toString());
      }
    }
  }

  private static void assertSdk(
      Client sdk, List<Flag> expected, InstanceId id, Map<String, String> labels) {
    Map<String, Value> values = new HashMap<>();
    labels.forEach((name, value) -> values.put(name, new Value(value)));
    ImmutableContext context =
        new ImmutableContext(
            id.toString(), Map.of("labels", new Value(new ImmutableStructure(values))));
    for (Flag flag : expected) {
      FlagEvaluationDetails<String> details =
          sdk.getStringDetails(flag.key(), "not asked", context);
      assertThat(details.getErrorCode()).as(flag.key()).isNull();
      assertThat(details.getValue()).isEqualTo(flag.value());
      assertThat(details.getVariant()).isEqualTo(flag.variant());
    }
  }

  private Client sdk() {
    OpenFeatureAPI api = OpenFeatureAPI.getInstance();
    api.setProviderAndWait(
        "headroom",
        OfrepProvider.constructProvider(
            OfrepProviderOptions.builder().baseUrl(web.server().url()).build()));
    return api.getClient("headroom");
  }

  @Test
  void anAnswerThatIsKnown_isNotSentAgain_untilSomethingChanges() {
    String asked = context(new InstanceId(new UUID(1, 2)), Map.of());
    HttpResponse<String> first = awaitOk(asked);
    String tag = first.headers().firstValue("ETag").orElseThrow();

    HttpResponse<String> again = bulk(asked, tag);
    assertThat(again.statusCode()).isEqualTo(304);
    assertThat(again.body()).isEmpty();
    assertThat(bulk(asked, "W/" + tag).statusCode()).isEqualTo(304);
    assertThat(bulk(asked, "\"other\"").statusCode()).isEqualTo(200);

    makeRollouts();
    await()
        .atMost(10, SECONDS)
        .untilAsserted(() -> assertThat(bulk(asked, tag).statusCode()).isEqualTo(200));
  }

  @Test
  void listeners_areToldToAskAgain_withinASecond() throws Exception {
    awaitOk(context(new InstanceId(new UUID(1, 2)), Map.of()));
    CompletableFuture<String> told = new CompletableFuture<>();
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<java.io.InputStream> stream =
          http.send(
              web.request("/ofrep/v1/events").header("Accept", "text/event-stream").build(),
              HttpResponse.BodyHandlers.ofInputStream());
      BufferedReader lines =
          new BufferedReader(new InputStreamReader(stream.body(), StandardCharsets.UTF_8));
      assertThat(lines.readLine()).contains("listening");
      Thread.ofVirtual().start(() -> readEvent(lines, told));
      long began = System.nanoTime();
      makeRollouts();
      JsonNode event = JSON.readTree(told.get(10, SECONDS));
      long elapsedMs = (System.nanoTime() - began) / 1_000_000;

      assertThat(event.get("type").stringValue()).isEqualTo("refetchEvaluation");
      assertThat(event.get("etag").stringValue()).isNotBlank();
      assertThat(event.get("lastModified").asLong()).isPositive();
      System.getLogger("test").log(System.Logger.Level.INFO, "told after {0} ms", elapsedMs);
      stream.body().close();
    }
  }

  private static void readEvent(BufferedReader lines, CompletableFuture<String> told) {
    try (lines) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith("data:") && line.contains("refetch")) {
          told.complete(line.substring("data:".length()).strip());
          return;
        }
      }
    } catch (IOException e) {
      told.completeExceptionally(e);
    }
  }

  @Test
  void whatIsWrong_isSaidInTheProtocolsWords() {
    InstanceId id = new InstanceId(new UUID(1, 2));
    awaitOk(context(id, Map.of()));
    String mode = BULK + "/" + FlagEvaluation.MODE;

    assertError(web.post(BULK + "/no.such.flag", context(id, Map.of())), 404, "FLAG_NOT_FOUND");
    assertError(web.post(mode, "{"), 400, "PARSE_ERROR");
    assertError(web.post(mode, "[]"), 400, "INVALID_CONTEXT");
    assertError(web.post(mode, "{\"context\": {}}"), 400, "TARGETING_KEY_MISSING");
    assertError(
        web.post(mode, "{\"context\": {\"targetingKey\": 7}}"), 400, "TARGETING_KEY_MISSING");
    assertError(web.post(mode, "{\"context\": {\"targetingKey\": \"x\"}}"), 400, "INVALID_CONTEXT");
    assertError(
        web.post(BULK, "{\"context\": {\"targetingKey\": \"" + id + "\", \"labels\": {\"a\": 1}}}"),
        400,
        "INVALID_CONTEXT");
    JsonNode one = TestWeb.json(web.post(mode, context(id, Map.of())));
    assertThat(one.get("key").stringValue()).isEqualTo(FlagEvaluation.MODE);
    assertThat(one.get("value").stringValue()).isEqualTo("off");
    assertThat(one.get("reason").stringValue()).isEqualTo("STATIC");
  }

  private static void assertError(HttpResponse<String> response, int status, String code) {
    assertThat(response.statusCode()).isEqualTo(status);
    JsonNode body = TestWeb.json(response);
    assertThat(body.get("errorCode").stringValue()).isEqualTo(code);
    assertThat(body.get("errorDetails").stringValue()).isNotBlank();
  }

  private HttpResponse<String> awaitOk(String asked) {
    await().atMost(20, SECONDS).until(() -> web.post(BULK, asked).statusCode() == 200);
    return web.post(BULK, asked);
  }

  private void awaitRevision(long revision) {
    String asked = context(new InstanceId(new UUID(1, 2)), Map.of());
    await()
        .atMost(20, SECONDS)
        .until(() -> {
          HttpResponse<String> response = web.post(BULK, asked);
          return response.statusCode() == 200
              && TestWeb.json(response).get("metadata").get("revision").asLong() == revision;
        });
  }

  private HttpResponse<String> bulk(String asked, String tag) {
    return web.send(
        web.request(BULK)
            .header("Content-Type", "application/json")
            .header("If-None-Match", tag)
            .POST(HttpRequest.BodyPublishers.ofString(asked)));
  }

  private static String context(InstanceId id, Map<String, String> labels) {
    return JSON.writeValueAsString(
        Map.of("context", Map.of("targetingKey", id.toString(), "labels", labels)));
  }

  /** One policy in canary for gold instances, one in shadow for all. */
  private void makeRollouts() {
    PolicyStore policies = new PolicyStore(web.database().dataSource());
    policies.register(Policy.of("talk", "memory_max - shmem"), "test");
    policies.register(Policy.of("low", "memory_max * 0.5"), "test");
    RolloutStore rollouts = new RolloutStore(web.database().dataSource());
    Rollout all = create(rollouts, "all", "talk@1", Map.of());
    rollouts.change(all, step(RolloutStage.SHADOW, null));
    Rollout gold = create(rollouts, "gold", "low@1", Map.of("tier", "gold"));
    gold = rollouts.change(gold, step(RolloutStage.SHADOW, null));
    for (int percent : new int[] {1, 5, 10, 25, 50}) {
      gold = rollouts.change(gold, step(RolloutStage.CANARY, percent));
    }
  }

  private static Rollout create(
      RolloutStore rollouts, String name, String policy, Map<String, String> labels) {
    return rollouts
        .create(new RolloutStore.Draft(name, policy, labels, "{}"), step(RolloutStage.OFF, null))
        .orElseThrow();
  }

  private static RolloutStep step(RolloutStage stage, @Nullable Integer percent) {
    return new RolloutStep(
        RolloutStep.Kind.TRANSITION,
        stage,
        percent,
        "test",
        "test",
        "a test",
        null,
        "{}",
        Instant.now().truncatedTo(ChronoUnit.MICROS));
  }
}
