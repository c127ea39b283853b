package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.headroom.engine.backtest.Backtest;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.PolicyResult;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.backtest.RecordingSource;
import dev.headroom.engine.fleet.FleetGenerator;
import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.kernel.BlockCounts;
import dev.headroom.engine.kernel.KillOutcome;
import dev.headroom.engine.kernel.Replay;
import dev.headroom.engine.kernel.ReplayInput;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.formula.FormulaLibrary;
import dev.headroom.formula.LibraryFormula;
import dev.headroom.model.InstanceId;
import dev.headroom.model.InstanceRecording;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.Sample;
import dev.headroom.store.RecordingStore;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a formula would have done over long ranges, and over ranges that grow. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WhatIfTest {

  private static final long SEED = 4;
  private static final int RANGES = 24;
  private static final Duration LENGTH = Duration.ofDays(12);
  private static final long MOST_POINTS = 1_000;

  private final TestWeb web = TestWeb.start();
  private final RecordingStore store = new RecordingStore(web.database().dataSource());
  private InstanceId id = InstanceId.of("nobody", "/", "/");

  @BeforeAll
  void makeUp(@TempDir Path folder) throws IOException {
    FleetGenerator fleet =
        new FleetGenerator(new FleetSpec(1, LENGTH, Duration.ofSeconds(10), 1, true, SEED));
    InstanceRecording made =
        fleet.inMemory(
            fleet.instances().getFirst(), new RecordingCache(folder, 1L << 30, notice -> {}));
    assertThat(made.samples()).hasSizeGreaterThan(100_000);
    id = made.instance().id();
    Recording recording = fleet.recording();
    store.importRecording(recording, List.of(made).iterator());
  }

  @AfterAll
  void close() {
    web.close();
  }

  @Test
  void aRangeOfAHundredThousandSamples_isWhatABacktestSays() {
    Instant to = FleetSpec.START.plus(LENGTH);
    JsonNode answer = assertThatItIsABacktest(FleetSpec.START, to, "talk", "the whole range");

    assertThat(answer.get("samples").asInt()).isGreaterThan(100_000);
    assertThat(answer.get("at_ms").size()).isBetween(900, 1_100);
  }

  @Test
  void anyFormulaOfTheLibrary_overAnyRange_isWhatABacktestSays() {
    Random random = new Random(SEED);
    List<LibraryFormula> library = FormulaLibrary.list();
    for (int i = 0; i < RANGES; i++) {
      LibraryFormula formula = library.get(random.nextInt(library.size()));
      long spanMs = (long) Math.exp(random.nextDouble(Math.log(1), Math.log(36 * 3.6e6)));
      Instant from = FleetSpec.START.plusMillis(random.nextLong(LENGTH.toMillis()) - 60_000);
      assertThatItIsABacktest(
          from,
          from.plusMillis(spanMs),
          formula.name(),
          "seed %d, range %d of %,d ms under %s".formatted(SEED, i, spanMs, formula.name()));
    }
  }

  @Test
  void rowsThatCome_alsoLate_areInTheNextAnswers() {
    InstanceId other = liveInstance();
    Instant start = Instant.parse("2026-05-01T10:00:00Z");
    Instant end = start.plusSeconds(7_200);
    assertThat(ask(other, start, end, "memory_max / 2", null).get("samples").asInt()).isZero();
    for (int second : new int[] {5, 10, 15, 3_600, 7_000, 12, 3_605}) {
      insertSample(other, start.plusSeconds(second));
      int expected = samplesOf(other, start, end);
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() ->
              ask(other, start, end, "memory_max / 2", null).get("samples").asInt() == expected);
      assertThatItIsABacktest(other, start, end, "memory_max / 2", "after a row at " + second);
    }
    web.sql(
        "DELETE FROM headroom.memory_sample WHERE instance_id = '%s' AND sampled_at = '%s'"
            .formatted(other, start.plusSeconds(5)));
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> ask(other, start, end, "memory_max / 2", null).get("samples").asInt() == 6);
  }

  @Test
  void aFormulaThatWasTypedOver_isNotAnswered() {
    Instant from = FleetSpec.START.plusSeconds(1);
    Instant to = FleetSpec.START.plus(LENGTH);
    List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
    try (ExecutorService typing = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 40; i++) {
        String formula = "memory_max * 0." + (i + 10);
        answers.add(
            CompletableFuture.supplyAsync(() -> post(id, from, to, formula, "one page"), typing));
      }
    }
    Map<Integer, Integer> statuses = new TreeMap<>();
    for (CompletableFuture<HttpResponse<String>> answer : answers) {
      statuses.merge(answer.join().statusCode(), 1, Integer::sum);
    }
    assertThat(statuses).containsOnlyKeys(200, 409);
  }

  @Test
  void aRangeThatIsLoaded_saysHowMuchItTakes() {
    HttpResponse<String> response =
        web.post(
            "/api/v1/instances/" + id + "/what-if/load",
            "{\"from\": \"2026-01-01T00:00:00Z\", \"to\": \"2026-01-01T06:00:00Z\"}");
    JsonNode answer = TestWeb.json(response);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    assertThat(answer.get("samples").asInt()).isBetween(2_000, 2_160);
    assertThat(answer.get("bytes").asLong()).isPositive();
    assertThat(
            web.post(
                    "/api/v1/instances/" + id + "/what-if/load",
                    "{\"from\": \"999d\", \"to\": \"now\"}")
                .statusCode())
        .isEqualTo(422);
    assertThat(
            web.post(
                    "/api/v1/instances/00000000-0000-0000-0000-0000000000ff/what-if/load",
                    "{\"from\": \"1d\", \"to\": \"now\"}")
                .statusCode())
        .isEqualTo(404);
  }

  private JsonNode assertThatItIsABacktest(Instant from, Instant to, String formula, String which) {
    return assertThatItIsABacktest(id, from, to, formula, which);
  }

  private JsonNode assertThatItIsABacktest(
      InstanceId instance, Instant from, Instant to, String formula, String which) {
    JsonNode answer = ask(instance, from, to, formula, null);
    InstanceRecording read = store.read(instance, from, to);
    String text = FormulaLibrary.find(formula).map(LibraryFormula::text).orElse(formula);
    Candidate candidate = Candidate.parse(Policy.of("candidate", text));
    PolicyResult policy =
        Backtest.run(
                new RecordingSource(null, from, to, "x", List.of(read)),
                List.of(candidate),
                BacktestConfig.DEFAULT,
                ProgressListener.NONE)
            .policies()
            .getFirst();

    assertThat(answer.get("samples").asInt()).as(which).isEqualTo(read.samples().size());
    JsonNode kills = answer.get("kills");
    assertThat(
            List.of(
                kills.get("preventable").asInt(),
                kills.get("prevented").asInt(),
                kills.get("missed").asInt(),
                kills.get("unpreventable").asInt(),
                kills.get("undecided").asInt()))
        .as(which)
        .containsExactly(
            policy.kills().preventable(),
            policy.kills().prevented(),
            policy.kills().missed(),
            policy.kills().unpreventable(),
            policy.kills().undecided());
    JsonNode blocks = answer.get("blocks");
    assertThat(
            new BlockCounts(
                blocks.get("justified").asInt(),
                blocks.get("false_blocks").asInt(),
                blocks.get("undecided").asInt()))
        .as(which)
        .isEqualTo(policy.blocks());
    assertThat(answer.get("breaches").asInt()).as(which).isEqualTo(policy.breaches());
    assertThat(answer.get("no_decisions").asInt()).as(which).isEqualTo(policy.noDecisions());
    assertThat(number(answer.get("over_promise_gib_hours")))
        .as(which)
        .isEqualTo(policy.overPromiseGibHours());
    assertThat(number(answer.get("slack_gib_hours"))).as(which).isEqualTo(policy.slackGibHours());
    assertThat(verdicts(answer))
        .as(which)
        .isEqualTo(policy.killOutcomes().stream().map(WhatIfTest::told).toList());
    assertThat(points(answer)).as(which).isEqualTo(points(read, candidate, from, to));
    return answer;
  }

  private static List<String> verdicts(JsonNode answer) {
    List<String> verdicts = new ArrayList<>();
    for (JsonNode verdict : answer.get("verdicts")) {
      verdicts.add(
          String.join(
              " ",
              verdict.get("kill_id").stringValue(),
              verdict.get("verdict").stringValue(),
              verdict.get("pessimistic_verdict").stringValue(),
              verdict.get("limit_bytes").toString(),
              verdict.get("relief_bytes").toString(),
              verdict.get("lead_ms").toString()));
    }
    return verdicts;
  }

  private static String told(KillOutcome outcome) {
    return String.join(
        " ",
        outcome.killId().toString(),
        outcome.verdict().name().toLowerCase(Locale.ROOT),
        outcome.pessimisticVerdict().name().toLowerCase(Locale.ROOT),
        String.valueOf(outcome.limitBytes()),
        String.valueOf(outcome.reliefBytes()),
        String.valueOf(outcome.leadMs()));
  }

  private static List<String> points(JsonNode answer) {
    List<String> points = new ArrayList<>();
    for (int i = 0; i < answer.get("at_ms").size(); i++) {
      points.add(
          answer.get("at_ms").get(i).asLong() + " " + answer.get("limit_bytes").get(i).asLong());
    }
    return points;
  }

  /** The lowest limit of each bucket, the first of its moments; from limits that are kept whole. */
  private static List<String> points(
      InstanceRecording read, Candidate candidate, Instant from, Instant to) {
    long bucketMs = Math.max(1, Duration.between(from, to).toMillis() / MOST_POINTS);
    List<OptionalLong> limits = Replay.limits(ReplayInput.of(read), candidate.replayPolicy());
    Map<Long, long[]> lowest = new TreeMap<>();
    List<Sample> samples = read.samples();
    for (int i = 0; i < samples.size(); i++) {
      if (limits.get(i).isPresent()) {
        long at = samples.get(i).sampledAt().toEpochMilli();
        long[] point = {at, limits.get(i).getAsLong()};
        lowest.merge(at / bucketMs, point, (one, other) -> other[1] < one[1] ? other : one);
      }
    }
    return lowest.values().stream().map(point -> point[0] + " " + point[1]).toList();
  }

  private static @Nullable Double number(JsonNode node) {
    return node.isNull() ? null : (Double) node.doubleValue();
  }

  private JsonNode ask(
      InstanceId instance, Instant from, Instant to, String formula, @Nullable String asker) {
    HttpResponse<String> response = post(instance, from, to, formula, asker);
    assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
    return TestWeb.json(response);
  }

  private HttpResponse<String> post(
      InstanceId instance, Instant from, Instant to, String formula, @Nullable String asker) {
    Map<String, String> body = new TreeMap<>();
    body.put("from", from.toString());
    body.put("to", to.toString());
    body.put("formula", formula);
    if (asker != null) {
      body.put("asker", asker);
    }
    return web.post(
        "/api/v1/instances/" + instance + "/what-if", JsonMapper.shared().writeValueAsString(body));
  }

  private InstanceId liveInstance() {
    InstanceId other = InstanceId.of("live", "/live", "/data");
    web.sql(
        "INSERT INTO headroom.instance VALUES ('%s', 'live', '/live', 'v2', '/data', 5432, '17', '{}', now())"
            .formatted(other));
    return other;
  }

  private void insertSample(InstanceId instance, Instant at) {
    long held = (TimeUnit.MILLISECONDS.toSeconds(at.toEpochMilli()) % 100) << 20;
    web.sql(
        ("INSERT INTO headroom.memory_sample (sampled_at, instance_id, memory_max_bytes, memory_max_unlimited, anon_bytes, shmem_bytes,"
                + " page_tables_bytes, kernel_stack_bytes, slab_unreclaimable_bytes, sock_bytes) VALUES ('%s', '%s', 1073741824, false, %d, 1, 2, 3, 4, 5);"
                + " INSERT INTO headroom.process_sample (sampled_at, instance_id, pid, start_ticks, backend_kind, blockable, statement_number, resident_anon_bytes)"
                + " VALUES ('%1$s', '%2$s', 7, 8, 'client backend', true, 9, %3$d)")
            .formatted(at, instance, held));
  }

  private int samplesOf(InstanceId instance, Instant from, Instant to) {
    return store.read(instance, from, to).samples().size();
  }
}
