package dev.headroom.web;

import static java.util.concurrent.TimeUnit.HOURS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.KillFilter;
import dev.headroom.store.KillStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.TokenStore;
import dev.headroom.web.ApiDocument.Operation;
import dev.headroom.web.HostileRequests.Hostile;
import dev.headroom.web.HostileRequests.Kind;
import dev.headroom.web.HostileRequests.Who;
import dev.headroom.web.RawHttp.Answer;
import dev.headroom.web.http.Guarded;
import dev.headroom.web.token.TokenSecret;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The API under requests that nobody sends in good faith. {@code -Dheadroom.fuzz.requests} sends
 * more of them, {@code -Dheadroom.fuzz.seed} the same ones again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ApiFuzzTest {

  private static final int REQUESTS = Integer.getInteger("headroom.fuzz.requests", 20_000);
  private static final long SEED = Long.getLong("headroom.fuzz.seed", 152);
  private static final int CLIENTS = 12;
  private static final int MOST_TOLD = 10;

  /** What only a defect would tell. */
  private static final List<String> INSIDES =
      List.of(
          "Exception",
          "\tat ",
          "java.base",
          "dev.headroom",
          "org.postgresql",
          "org.jooq",
          "io.javalin",
          "org.eclipse",
          "com.zaxxer",
          "tools.jackson",
          "SQLSTATE",
          "SQLState",
          "syntax error at or near",
          "violates",
          "ERROR:");

  /** What the API never changes. */
  private static final List<String> RECORDED =
      List.of(
          "api_token",
          "collector_event",
          "decision",
          "guard_event",
          "instance",
          "instance_event",
          "memory_sample",
          "node",
          "oom_kill",
          "process_sample",
          "recording",
          "recording_instance");

  private static final String AUDIT = "api_audit";

  private final List<Operation> operations = ApiDocument.read().operations();
  private final TestWeb web =
      TestWeb.start(WebConfig.LOOPBACK.withTokens().withRequestsPerSecond(TestWeb.UNLIMITED));
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final Map<Who, String> tokens = new EnumMap<>(Who.class);
  private final List<String> ids = new ArrayList<>();
  private final List<String> failures = new ArrayList<>();
  private @Nullable HostileRequests requests;

  /** What was answered. */
  private static final class Tally {
    final Map<Integer, AtomicInteger> byStatus = new ConcurrentHashMap<>();
    final AtomicInteger done = new AtomicInteger();
    final AtomicInteger forbidden = new AtomicInteger();
    final AtomicInteger stops = new AtomicInteger();
    final AtomicInteger abandoned = new AtomicInteger();

    static void count(AtomicInteger counter, boolean isOne) {
      if (isOne) {
        counter.incrementAndGet();
      }
    }
  }

  @BeforeAll
  void start() {
    Recording recording = web.importCorpus("lab-guard");
    // Backtests of it take a moment only.
    new RecordingStore(web.database().dataSource())
        .save(
            new Recording(
                "tiny",
                recording.startsAt(),
                recording.startsAt().plusSeconds(20),
                recording.instances().subList(0, 1),
                "for requests"));
    recording.instances().stream().limit(3).forEach(id -> ids.add(id.toString()));
    new KillStore(web.database().dataSource())
        .list(KillFilter.none(), 2)
        .forEach(kill -> ids.add(kill.incidentId().toString()));
    new PolicyStore(web.database().dataSource())
        .register(Policy.of("talk", "memory_max - shmem"), "ann");
    ids.add(
        new RolloutStore(web.database().dataSource())
            .create(
                new RolloutStore.Draft("talk", "talk@1", Map.of(), "{}"),
                new RolloutStep(
                    RolloutStep.Kind.TRANSITION,
                    RolloutStage.OFF,
                    null,
                    "ann",
                    null,
                    "a test",
                    null,
                    "{}",
                    recording.startsAt()))
            .orElseThrow()
            .rolloutId()
            .toString());
    TokenStore store = new TokenStore(web.database().dataSource());
    for (Who who : List.of(Who.EXPIRED, Who.REVOKED, Who.VIEWER, Who.OPERATOR, Who.ADMIN)) {
      String secret = TokenSecret.make();
      String scope =
          switch (who) {
            case VIEWER -> "viewer";
            case OPERATOR -> "operator";
            default -> "admin";
          };
      store.create(
          TokenSecret.sha256(secret),
          who.name(),
          scope,
          who == Who.EXPIRED ? Instant.now().minusSeconds(1) : null);
      tokens.put(who, secret);
    }
    store.revoke(Who.REVOKED.name());
    requests =
        new HostileRequests(
            SEED,
            operations,
            tokens,
            ids,
            List.of("tiny", "talk", "talk@1", "headroom.mode", "headroom.policy"));
    log.start();
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.addAppender(log);
    for (String name : List.of("dev.headroom", "io.javalin", "org.eclipse", "com.zaxxer")) {
      ((Logger) LoggerFactory.getLogger(name)).setLevel(Level.WARN);
    }
  }

  @AfterAll
  void close() {
    ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).detachAppender(log);
    for (String name : List.of("dev.headroom", "io.javalin", "org.eclipse", "com.zaxxer")) {
      ((Logger) LoggerFactory.getLogger(name)).setLevel(null);
    }
    web.close();
  }

  @Test
  void whateverIsAsked_isAnsweredInOrder_andChangesNothingUnseen() throws Exception {
    long began = System.nanoTime();
    Map<String, String> before = tables();
    Tally refused = send(0, REQUESTS / 2, false);
    Map<String, String> between = tables();
    Tally all = send(REQUESTS / 2, REQUESTS, true);
    await().atMost(60, SECONDS).until(() -> runningJobs() == 0);
    Map<String, String> after = tables();
    System.getLogger("test")
        .log(
            System.Logger.Level.INFO,
            "{0} requests of seed {1} in {2} s: refused callers {3}, all callers {4}",
            REQUESTS,
            SEED,
            (System.nanoTime() - began) / 1_000_000_000,
            new TreeMap<>(refused.byStatus),
            new TreeMap<>(all.byStatus));

    assertThat(failures).as("seed " + SEED + ", the first of what is wrong").isEmpty();
    assertThat(refused.done).as("changes by callers without rights").hasValue(0);
    assertThat(all.done).as("changes by callers with rights").hasPositiveValue();
    before.remove(AUDIT);
    assertThat(between).as("tables after refused requests").containsAllEntriesOf(before);
    for (String table : RECORDED) {
      assertThat(after.get(table)).as(table).isEqualTo(before.get(table));
    }
    assertThat(number("SELECT count(*) FROM headroom.api_audit WHERE status < 400"))
        .as("rows in the audit for what was done")
        .isEqualTo(all.done.get());
    int forbidden = refused.forbidden.get() + all.forbidden.get();
    assertThat(number("SELECT count(*) FROM headroom.api_audit WHERE status = 403"))
        .as("rows in the audit for what was forbidden")
        .isBetween(
            (long) forbidden, (long) forbidden + refused.abandoned.get() + all.abandoned.get());
    assertThat(number("SELECT count(*) FROM headroom.guard_stop")).isEqualTo(all.stops.get());
    assertThat(log.list.stream().filter(ApiFuzzTest::isUnexpected).map(ApiFuzzTest::text))
        .as("in the log")
        .isEmpty();
    HikariDataSource pool = (HikariDataSource) web.database().dataSource();
    await()
        .atMost(20, SECONDS)
        .untilAsserted(
            () -> assertThat(pool.getHikariPoolMXBean().getActiveConnections()).isZero());
    assertThat(web.get("/readyz").statusCode()).isEqualTo(200);
  }

  private Tally send(int from, int to, boolean mayChange) throws Exception {
    Tally tally = new Tally();
    AtomicInteger next = new AtomicInteger(from);
    Queue<RawHttp> clients = new ConcurrentLinkedQueue<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        running.add(
            threads.submit(() -> {
              RawHttp client = new RawHttp(web.server().url());
              clients.add(client);
              for (int n = next.getAndIncrement(); n < to; n = next.getAndIncrement()) {
                sendOne(client, n, mayChange, tally);
              }
            }));
      }
      for (Future<?> each : running) {
        each.get(1, HOURS);
      }
    } finally {
      clients.forEach(RawHttp::close);
    }
    return tally;
  }

  private void sendOne(RawHttp client, int number, boolean mayChange, Tally tally) {
    Hostile hostile = Objects.requireNonNull(requests).make(number, mayChange);
    boolean isHead = hostile.method().equals("HEAD");
    try {
      if (hostile.kind() == Kind.ABANDONED) {
        tally.abandoned.incrementAndGet();
        client.send(hostile.bytes());
        client.close();
        return;
      }
      Answer answer = client.exchange(hostile.bytes(), isHead);
      if (hostile.kind() == Kind.MALFORMED) {
        client.close();
      }
      tally.byStatus.computeIfAbsent(answer.status(), _ -> new AtomicInteger()).incrementAndGet();
      count(hostile, answer, tally);
      String wrong = wrong(hostile, answer, isHead);
      if (wrong != null) {
        fail(number, hostile, wrong + ": " + answer);
      }
    } catch (IOException | RuntimeException e) {
      client.close();
      if (hostile.kind() != Kind.MALFORMED) {
        fail(number, hostile, "no answer: " + e);
      }
    }
  }

  private void count(Hostile hostile, Answer answer, Tally tally) {
    Operation operation = hostile.operation();
    if (operation == null || !hostile.method().equals("POST") || !isWrite(operation.path())) {
      return;
    }
    boolean isDone = answer.status() < 400;
    Tally.count(tally.done, isDone);
    Tally.count(tally.forbidden, answer.status() == 403);
    Tally.count(tally.stops, isDone && operation.path().equals("/api/v1/guard-stop"));
  }

  private boolean isWrite(String path) {
    return web.server().routes().stream()
        .anyMatch(route -> route.isWrite() && route.path().equals(path));
  }

  private @Nullable String wrong(Hostile hostile, Answer answer, boolean isHead) {
    Operation operation = hostile.operation();
    boolean mayBeAway =
        answer.status() == 503 && operation != null && operation.statuses().contains(503);
    boolean isOtherHttp = answer.status() == 505 && hostile.kind() == Kind.MALFORMED;
    if (answer.status() >= 500 && !mayBeAway && !isOtherHttp) {
      return "status " + answer.status();
    }
    for (String header : Guarded.HEADERS.keySet()) {
      if (answer.header(header) == null) {
        return "no header " + header;
      }
    }
    if (answer.header("Server") != null) {
      return "it tells what it runs on";
    }
    String text = answer.headers() + answer.body();
    if (answer.status() != 200) {
      for (String inside : INSIDES) {
        if (text.contains(inside)) {
          return "it tells its insides: " + inside;
        }
      }
    }
    return answer.status() < 400 || isHead ? null : wrongError(hostile, answer);
  }

  private static @Nullable String wrongError(Hostile hostile, Answer answer) {
    String type = answer.header("Content-Type");
    if (type == null || !type.startsWith("application/json")) {
      return "an error that is " + type;
    }
    try {
      JsonNode body = JsonMapper.shared().readTree(answer.body());
      JsonNode error = body.path("error");
      if (error.path("status").asInt(0) == answer.status()
          && !error.path("code").asString("").isBlank()
          && !error.path("message").asString("").isBlank()
          && error.has("next_step")) {
        return null;
      }
      boolean isOfrep =
          hostile.path().startsWith("/ofrep/") && body.path("errorDetails").isString();
      return isOfrep ? null : "an error of another shape";
    } catch (JacksonException e) {
      return "an error that is no JSON";
    }
  }

  private void fail(int number, Hostile hostile, String what) {
    synchronized (failures) {
      if (failures.size() < MOST_TOLD) {
        String told = what.length() > 1_000 ? what.substring(0, 1_000) + "…" : what;
        failures.add("\n#%d of seed %d: %s%n  %s".formatted(number, SEED, told, hostile));
      }
    }
  }

  private static boolean isUnexpected(ILoggingEvent event) {
    return event.getThrowableProxy() != null || event.getLevel().isGreaterOrEqual(Level.ERROR);
  }

  private static String text(ILoggingEvent event) {
    var thrown = event.getThrowableProxy();
    return event.getFormattedMessage()
        + (thrown == null
            ? ""
            : " "
                + thrown.getClassName()
                + ": "
                + thrown.getMessage()
                + " "
                + thrown.getStackTraceElementProxyArray()[0]);
  }

  private long runningJobs() {
    String admin = Objects.requireNonNull(tokens.get(Who.ADMIN));
    JsonNode jobs =
        TestWeb.json(
            web.send(web.request("/api/v1/backtest-jobs").header("X-API-Key", admin).GET()));
    long running = 0;
    for (JsonNode job : jobs) {
      running += job.get("state").stringValue().equals("running") ? 1 : 0;
    }
    return running;
  }

  /** Every table with the number of its rows and a digest of what is in them. */
  private Map<String, String> tables() throws SQLException {
    Map<String, String> tables = new TreeMap<>();
    for (String table :
        texts(
            "SELECT relname FROM pg_class WHERE relnamespace = 'headroom'::regnamespace AND relkind IN ('r', 'p')")) {
      tables.put(
          table,
          texts(
                  "SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM headroom."
                      + table
                      + " AS t")
              .getFirst());
    }
    return tables;
  }

  private long number(String sql) throws SQLException {
    return Long.parseLong(texts(sql).getFirst());
  }

  private List<String> texts(String sql) throws SQLException {
    List<String> found = new ArrayList<>();
    try (Connection connection = web.database().dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        found.add(rows.getString(1));
      }
    }
    return found;
  }
}
