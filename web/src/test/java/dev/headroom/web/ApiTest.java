package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.OomKill;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.store.KillFilter;
import dev.headroom.store.KillStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.TokenStore;
import dev.headroom.web.token.TokenSecret;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The API over the kills of a real lab. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ApiTest {

  private static final String RANGE = "from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z";

  private final TestWeb web = TestWeb.start();
  private final Recording recording = web.importCorpus("lab-corpus");
  private final Recording guarded = web.importCorpus("lab-guard");

  @AfterAll
  void close() {
    web.close();
  }

  @Test
  void theFleet_countsEveryKill_once() {
    List<OomKill> kills =
        new KillStore(web.database().dataSource()).list(KillFilter.none(), 10_000);
    JsonNode fleet = web.json("/api/v1/fleet?" + RANGE).get("fleet");

    assertThat(kills).isNotEmpty();
    assertThat(fleet.get("kills").asInt()).isEqualTo(kills.size());
    assertThat(fleet.get("incidents").asLong())
        .isEqualTo(kills.stream().map(OomKill::incidentId).distinct().count());
    assertThat(inBuckets(fleet)).isEqualTo(kills.size());
    int byInstance = 0;
    for (JsonNode instance : web.json("/api/v1/instances?limit=1000&" + RANGE).get("instances")) {
      byInstance += instance.get("kills").asInt();
    }
    assertThat(byInstance).isEqualTo(kills.size());
  }

  @Test
  void killsOverAShortRange_areInShortBuckets_thatBeginAtRoundTimes() {
    Instant killed =
        new KillStore(web.database().dataSource()).list(KillFilter.none(), 1).getFirst().killedAt();
    JsonNode fleet =
        web.json("/api/v1/fleet?from=" + killed.minusSeconds(50) + "&to=" + killed.plusSeconds(50))
            .get("fleet");

    // 100 s in at most 60 buckets: of 1 s they would be too many, of 2 s they are not.
    assertThat(fleet.get("bucket_ms").asLong()).isEqualTo(2_000);
    assertThat(inBuckets(fleet)).isEqualTo(fleet.get("kills").asInt()).isPositive();
    for (JsonNode bucket : fleet.get("kills_over_time")) {
      Instant startsAt = Instant.parse(bucket.get("starts_at").stringValue());
      assertThat(startsAt.toEpochMilli() % 2_000).isZero();
    }
  }

  private static int inBuckets(JsonNode fleet) {
    int kills = 0;
    for (JsonNode bucket : fleet.get("kills_over_time")) {
      kills +=
          bucket.get("client_backends").asInt()
              + bucket.get("parallel_workers").asInt()
              + bucket.get("others").asInt();
    }
    return kills;
  }

  @Test
  void bucketsHoldTheWorstMoment_whoseLayersAddUp() {
    InstanceId id = killedInstance();
    InstanceRecording read =
        new RecordingStore(web.database().dataSource())
            .read(id, recording.startsAt(), recording.endsAt());
    JsonNode timeline =
        web.json(
            "/api/v1/instances/%s/timeline?from=%s&to=%s&buckets=10"
                .formatted(id, recording.startsAt(), recording.endsAt()));

    assertThat(timeline.get("samples").asInt()).isEqualTo(read.samples().size());
    long anonymousMost =
        read.samples().stream()
            .mapToLong(sample -> sample.facts().find(dev.headroom.model.Fact.ANON).orElse(0))
            .max()
            .orElseThrow();
    long drawnMost = 0;
    JsonNode columns = timeline.get("columns");
    for (int i = 0; i < timeline.get("at_ms").size(); i++) {
      drawnMost = Math.max(drawnMost, columns.get("query_bytes").get(i).asLong());
    }
    assertThat(drawnMost).isEqualTo(anonymousMost);
    assertThat(timeline.get("kills").size()).isEqualTo(read.kills().size());
  }

  @Test
  void layers_doNotCountTheSameMemoryTwice() {
    int buckets = 0;
    for (JsonNode instance : web.json("/api/v1/instances?limit=1000&" + RANGE).get("instances")) {
      JsonNode columns =
          web.json(
                  "/api/v1/instances/%s/timeline?buckets=2000&from=%s&to=%s"
                      .formatted(
                          instance.get("instance_id").stringValue(),
                          guarded.startsAt(),
                          guarded.endsAt()))
              .get("columns");
      for (int i = 0; i < columns.get("shmem_bytes").size(); i++) {
        long held = 0;
        for (String layer :
            List.of("shmem", "page_tables", "kernel", "query", "retained", "file")) {
          held += columns.get(layer + "_bytes").get(i).asLong(0);
        }
        JsonNode most = columns.get("memory_max_bytes").get(i);
        if (most.isNumber()) {
          buckets++;
          assertThat(held).isLessThan(most.asLong() + (16L << 20));
        }
      }
    }
    assertThat(buckets).isGreaterThan(50);
  }

  @Test
  void aYear_isAnsweredFromHours_andMoreIsRefused() {
    InstanceId id = killedInstance();
    JsonNode year = web.json("/api/v1/instances/" + id + "/timeline?from=365d");
    assertThat(year.get("source").stringValue()).isEqualTo("HOURS");
    assertThat(web.get("/api/v1/instances/" + id + "/timeline?from=9999d").statusCode())
        .isEqualTo(422);
  }

  @Test
  void whatIf_isWhatABacktestOfTheRangeSays() {
    for (InstanceId id : recording.instances().subList(0, 6)) {
      for (String name : List.of("talk", "neon", "static-75")) {
        String text = FormulaLibrary.find(name).orElseThrow().text();
        InstanceRecording read =
            new RecordingStore(web.database().dataSource())
                .read(id, recording.startsAt(), recording.endsAt());
        BacktestResult result =
            Backtest.run(
                new RecordingSource(
                    null, recording.startsAt(), recording.endsAt(), "x", List.of(read)),
                List.of(Candidate.parse(Policy.of(name, text))),
                BacktestConfig.DEFAULT,
                ProgressListener.NONE);
        PolicyResult policy = result.policies().getFirst();
        JsonNode answer =
            TestWeb.json(
                web.post(
                    "/api/v1/instances/" + id + "/what-if",
                    JsonMapper.shared()
                        .writeValueAsString(
                            Map.of(
                                "from", recording.startsAt().toString(),
                                "to", recording.endsAt().toString(),
                                "formula", name))));

        assertThat(answer.get("kills").get("prevented").asInt())
            .isEqualTo(policy.kills().prevented());
        assertThat(answer.get("kills").get("missed").asInt()).isEqualTo(policy.kills().missed());
        assertThat(answer.get("blocks").get("false_blocks").asInt())
            .isEqualTo(policy.blocks().falseBlocks());
        Double slack = policy.slackGibHours();
        if (slack == null) {
          assertThat(answer.get("slack_gib_hours").isNull()).isTrue();
        } else {
          assertThat(answer.get("slack_gib_hours").doubleValue()).isEqualTo(slack);
        }
        Map<String, String> verdicts =
            policy.killOutcomes().stream()
                .collect(
                    Collectors.toMap(
                        outcome -> outcome.killId().toString(),
                        (KillOutcome outcome) ->
                            outcome.verdict().name().toLowerCase(Locale.ROOT)));
        for (JsonNode verdict : answer.get("verdicts")) {
          assertThat(verdict.get("verdict").stringValue())
              .isEqualTo(verdicts.get(verdict.get("kill_id").stringValue()));
        }
      }
    }
  }

  @Test
  void whatIf_saysWhereAFormulaIsWrong() {
    JsonNode answer =
        TestWeb.json(
            web.post(
                "/api/v1/instances/" + killedInstance() + "/what-if",
                "{\"from\": \"1h\", \"to\": \"now\", \"formula\": \"memory_max - conections\"}"));
    JsonNode problem = answer.get("problem");
    assertThat(problem.get("line").asInt()).isEqualTo(1);
    assertThat(problem.get("text").stringValue()).contains("unknown name", "^");
  }

  @Test
  void aRun_givesItsReportsAsFiles() {
    HttpResponse<String> started =
        web.post(
            "/api/v1/backtests",
            "{\"recording\": \"%s\", \"formulas\": [\"talk\"]}".formatted(recording.name()));
    String job = TestWeb.json(started).get("job_id").stringValue();
    await()
        .atMost(Duration.ofMinutes(1))
        .until(() -> web.json("/api/v1/backtest-jobs/" + job).get("run_id").isString());
    String run = web.json("/api/v1/backtest-jobs/" + job).get("run_id").stringValue();
    String path = "/api/v1/backtests/" + run + "/report?format=";

    assertThat(web.get(path + "html").body()).startsWith("<!DOCTYPE html>").contains("talk");
    assertThat(web.get(path + "html").headers().firstValue("Content-Disposition"))
        .contains("attachment; filename=\"backtest-" + run + ".html\"");
    assertThat(web.get(path + "xml").body()).contains("<testsuite");
    assertThat(web.get(path + "json").body()).contains("\"manifest\"");
    assertThat(web.get(path + "pdf").statusCode()).isEqualTo(400);
    assertThat(web.get("/api/v1/backtests/" + UUID.randomUUID() + "/report").statusCode())
        .isEqualTo(404);
  }

  @Test
  void textsOfStatements_areForOperators() {
    web.sql("UPDATE headroom.oom_kill SET victim_query_text = 'SELECT secret_of_a_customer'");
    String path =
        "/api/v1/incidents/"
            + new KillStore(web.database().dataSource())
                .list(KillFilter.none(), 1)
                .getFirst()
                .incidentId();
    assertThat(web.get(path).body()).contains("secret_of_a_customer");
    try (TestWeb asking =
        TestWeb.over(
            web, WebConfig.LOOPBACK.withTokens().withRequestsPerSecond(TestWeb.UNLIMITED))) {
      assertThat(as(asking, "viewer", path).body())
          .doesNotContain("secret_of_a_customer")
          .contains("\"query_text_is_hidden\":true");
      assertThat(as(asking, "operator", path).body()).contains("secret_of_a_customer");
    }
  }

  private static HttpResponse<String> as(TestWeb web, String scope, String path) {
    String secret = TokenSecret.make();
    new TokenStore(web.database().dataSource())
        .create(TokenSecret.sha256(secret), "a " + scope, scope, null);
    return web.send(web.request(path).header("X-API-Key", secret).GET());
  }

  private InstanceId killedInstance() {
    return java.util.Objects.requireNonNull(
        new KillStore(web.database().dataSource())
            .list(new KillFilter(recording.startsAt(), recording.endsAt(), null, null, null), 1)
            .getFirst()
            .instanceId());
  }
}
