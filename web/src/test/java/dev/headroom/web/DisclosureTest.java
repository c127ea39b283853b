package dev.headroom.web;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.engine.backtest.Candidate;
import dev.headroom.model.OomKill;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.GuardStopStore;
import dev.headroom.store.KillFilter;
import dev.headroom.store.KillStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.TokenStore;
import dev.headroom.web.ApiDocument.Operation;
import dev.headroom.web.ApiDocument.Parameter;
import dev.headroom.web.token.TokenSecret;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.json.JsonMapper;

/**
 * Who sees what. Every text in the database says which column it is from; whatever a caller is
 * shown of that must be named here, so that a column that comes into an answer is a decision.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DisclosureTest {

  private static final Pattern CANARY = Pattern.compile("canary-([a-z0-9_]+\\.[a-z0-9_]+)");

  /** What docs/web.md lets a viewer see. */
  private static final Set<String> FOR_VIEWERS =
      Set.of(
          // Its own, and the names of those who did something.
          "api_token.token_name",
          "backtest_report.content",
          "backtest_run.engine_version",
          "backtest_run.recording_hash",
          "backtest_run.result",
          "guard_stop.actor",
          "guard_stop.reason",
          "instance.cgroup_path",
          "instance.data_directory",
          "instance.labels",
          "instance.postgres_version",
          "oom_kill.capture_source",
          "oom_kill.invoker_comm",
          "oom_kill.invoker_database_name",
          "oom_kill.invoker_title",
          "oom_kill.invoker_user_name",
          "oom_kill.limit_cgroup_path",
          "oom_kill.oom_constraint",
          "oom_kill.victim_comm",
          "oom_kill.victim_database_name",
          "oom_kill.victim_memory_contexts",
          "oom_kill.victim_title",
          "oom_kill.victim_user_name",
          "policy.formula_text",
          "process_sample.database_name",
          "process_sample.user_name",
          "recording.note",
          "rollout.instance_labels",
          "rollout.rollout_name",
          "rollout_event.actor",
          "rollout_event.approver",
          "rollout_event.evidence",
          "rollout_event.reason");

  /** What an operator sees besides. */
  private static final Set<String> FOR_OPERATORS =
      Set.of(
          "instance_event.detail",
          "oom_kill.invoker_query_text",
          "oom_kill.victim_query_text",
          "oom_kill.title_of_a_program");

  /** What an admin sees besides. */
  private static final Set<String> FOR_ADMINS =
      Set.of(
          "api_audit.actor",
          "api_audit.actor_scope",
          "api_audit.address",
          "api_audit.detail",
          "api_audit.method",
          "api_audit.path");

  private static final int MOST_KILLS = 3;

  private final TestWeb web = TestWeb.start();
  private @Nullable TestWeb asking;
  private final Map<String, String> secrets =
      Map.of(
          "viewer", TokenSecret.make(),
          "operator", TokenSecret.make(),
          "admin", TokenSecret.make());
  private final Set<String> ids = new LinkedHashSet<>();
  private String range = "";

  @BeforeAll
  void fill() {
    Recording recording = web.importCorpus("lab-guard");
    range =
        "from="
            + recording.startsAt().minusSeconds(60)
            + "&to="
            + recording.endsAt().plusSeconds(60);
    var source = web.database().dataSource();
    new PolicyStore(source).register(Policy.of("talk", "memory_max - shmem"), "ann");
    RolloutStore rollouts = new RolloutStore(source);
    var rollout =
        rollouts
            .create(
                new RolloutStore.Draft("talk", "talk@1", Map.of(), "{}"),
                step(RolloutStage.OFF, recording))
            .orElseThrow();
    rollouts.change(rollout, step(RolloutStage.SHADOW, recording));
    ids.add(rollout.rolloutId().toString());
    ids.add(
        web.backtest(
                recording,
                List.of(Candidate.parse(Policy.of("talk", "memory_max - shmem"))),
                (_, _) -> {})
            .toString());
    new GuardStopStore(source).stop("ann", "a test");
    TokenStore tokens = new TokenStore(source);
    secrets.forEach(
        (scope, secret) -> tokens.create(TokenSecret.sha256(secret), "the " + scope, scope, null));
    web.post("/api/v1/guard-stop", "{\"stopped\": true, \"reason\": \"why\"}");
    List<OomKill> kills = new KillStore(source).list(KillFilter.none(), MOST_KILLS);
    for (OomKill kill : kills) {
      ids.add(kill.incidentId().toString());
      ids.add(Objects.requireNonNull(kill.instanceId()).toString());
    }
    MarkedTexts.write(web, column -> "canary-" + column);
    makeProgram(kills.getFirst().killId());
    // Another process, which remembers nothing of before.
    asking =
        TestWeb.over(web, WebConfig.LOOPBACK.withTokens().withRequestsPerSecond(TestWeb.UNLIMITED));
  }

  private static RolloutStep step(RolloutStage stage, Recording recording) {
    return new RolloutStep(
        RolloutStep.Kind.TRANSITION,
        stage,
        null,
        "ann",
        "bob",
        "a test",
        null,
        "{}",
        recording.startsAt());
  }

  @AfterAll
  void close() {
    if (asking != null) {
      asking.close();
    }
    web.close();
  }

  /** The command line of a program that is not Postgres may hold a statement or a password. */
  private void makeProgram(UUID killId) {
    web.sql(
        """
        UPDATE headroom.oom_kill SET victim_backend_kind = 'not postgres',
          victim_title = 'psql -c canary-oom_kill.title_of_a_program' WHERE kill_id = '%s'
        """
            .formatted(killId));
  }

  @Test
  void everyScope_isShownWhatItMaySee_andNothingElse() throws Exception {
    Set<String> operators = union(FOR_VIEWERS, FOR_OPERATORS);
    assertThat(shown(null)).as("without a token").isEmpty();
    assertThat(shown("viewer")).as("viewer").isEqualTo(new TreeSet<>(FOR_VIEWERS));
    assertThat(shown("operator")).as("operator").isEqualTo(operators);
    assertThat(shown("admin")).as("admin").isEqualTo(union(operators, FOR_ADMINS));
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    Set<String> all = new TreeSet<>(some);
    all.addAll(others);
    return all;
  }

  /** The columns that come in any answer to this caller. */
  private Set<String> shown(@Nullable String scope) throws Exception {
    Set<String> columns = new TreeSet<>();
    for (String answer : answers(scope)) {
      Matcher canary = CANARY.matcher(answer);
      while (canary.find()) {
        columns.add(canary.group(1));
      }
      for (String secret : secrets.values()) {
        byte[] hash = TokenSecret.sha256(secret);
        assertThat(answer)
            .doesNotContain(
                secret,
                HexFormat.of().formatHex(hash),
                Base64.getEncoder().encodeToString(hash),
                Base64.getUrlEncoder().encodeToString(hash));
      }
    }
    return columns;
  }

  private List<String> answers(@Nullable String scope) throws Exception {
    List<String> answers = new ArrayList<>();
    int answered = 0;
    for (Operation operation : ApiDocument.read().operations()) {
      // Operations that change something answer with what other operations show, or with errors.
      boolean isQuestion = operation.method().equals("GET") || isQuestion(operation);
      for (String path : isQuestion ? paths(operation) : List.<String>of()) {
        HttpRequest.Builder request = Objects.requireNonNull(asking).request(path);
        if (scope != null) {
          request.header("Authorization", "Bearer " + secret(scope));
        }
        if (operation.isStream()) {
          answers.add(firstEvent(request));
          continue;
        }
        if (operation.method().equals("POST")) {
          request
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(question()));
        }
        HttpResponse<String> response = web.send(request);
        answered += response.statusCode() == 200 ? 1 : 0;
        answers.add(response.headers().map() + response.body());
      }
    }
    assertThat(answered).as("answers to " + scope).isGreaterThan(scope == null ? 3 : 25);
    return answers;
  }

  /** Asks by POST, and changes nothing. */
  private boolean isQuestion(Operation operation) {
    return web.server().routes().stream()
        .anyMatch(route ->
            route.method().name().equals(operation.method())
                && route.path().equals(operation.path())
                && !route.isWrite());
  }

  /** What fits what-if and flags; each leaves out what is the other's. */
  private String question() {
    String[] bounds = range.replace("from=", "").split("&to=", -1);
    return JsonMapper.shared()
        .writeValueAsString(
            Map.of(
                "from",
                bounds[0],
                "to",
                bounds[1],
                "formula",
                "memory_max - conections",
                "context",
                Map.of("targetingKey", ids.iterator().next())));
  }

  /** The addresses of an operation: every id in every place, because kinds are not told apart. */
  private List<String> paths(Operation operation) {
    List<String> paths = new ArrayList<>();
    paths.add(operation.path());
    for (Parameter parameter : operation.parameters()) {
      if (parameter.isInPath()) {
        List<String> filled = new ArrayList<>();
        for (String path : paths) {
          for (String id : ids) {
            filled.add(path.replace("{" + parameter.name() + "}", id));
          }
        }
        paths = filled;
      }
    }
    return paths.stream().map(path -> path + "?limit=200&" + range).toList();
  }

  private static String firstEvent(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpResponse<InputStream> response =
          http.send(
              request.header("Accept", "text/event-stream").GET().build(),
              HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] some = new byte[10_000];
        int read = response.statusCode() == 200 ? body.read(some) : 0;
        return response.headers().map()
            + new String(some, 0, Math.max(0, read), StandardCharsets.UTF_8);
      } finally {
        http.shutdownNow();
      }
    }
  }

  private String secret(String scope) {
    return Objects.requireNonNull(secrets.get(scope));
  }
}
