package dev.headroom.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.StoredRuns;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.DatabaseLocation;
import dev.headroom.embedded.DatabaseUrl;
import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.Progress;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.model.Observation;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.Database;
import dev.headroom.store.ObservationStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.SchemaMigration;
import dev.headroom.web.WebConfig;
import dev.headroom.web.WebParts;
import dev.headroom.web.WebServer;
import dev.headroom.web.backtest.BacktestEngine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The dashboard over a small fleet in a real TimescaleDB: the measuring in seconds. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DashboardLoadTest {

  private static final int USERS = 8;
  private static final FleetPlan PLAN =
      new FleetPlan(40, 2, Duration.ofMinutes(10), Duration.ofMinutes(30), 1);

  private @Nullable Path folder;
  private @Nullable HeadroomDatabase server;
  private @Nullable Database opened;
  private @Nullable UserTokens tokens;
  private @Nullable WebServer web;
  private @Nullable DashboardClient client;
  private @Nullable FleetHistory history;
  private @Nullable Subjects subjects;
  private String jdbcUrl = "";

  @BeforeAll
  void makeFleet() throws Exception {
    DebianTimescaleInstaller installer =
        new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()));
    if (installer.find().isEmpty()) {
      List<String> obstacles = installer.listObstacles();
      assumeTrue(obstacles.isEmpty(), () -> "no private TimescaleDB here: " + obstacles);
    }
    Path directory = Files.createTempDirectory("headroom-load-test");
    folder = directory;
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    HeadroomDatabase timescale =
        HeadroomDatabase.open(
            new HeadroomHome(directory),
            new DatabaseLocation.MachineTimescale(installer.install(Progress.silent())));
    server = timescale;
    DatabaseUrl url = timescale.start(Progress.silent());
    jdbcUrl = url.jdbc();
    try (Database unmigrated = Database.connect(jdbcUrl)) {
      SchemaMigration.migrate(unmigrated.dataSource());
    }
    Database database = Database.open(jdbcUrl);
    opened = database;
    FleetFiller filler = new FleetFiller(jdbcUrl, database, PLAN, line -> {});
    history = filler.fill();
    UserTokens made = UserTokens.make(database, USERS);
    tokens = made;
    WebServer started =
        WebServer.start(
            WebConfig.LOOPBACK.withTokens(), new WebParts(database, jdbcUrl, engine(database)));
    web = started;
    DashboardClient talking = new DashboardClient(started.url());
    client = talking;
    UUID job = filler.keepRuns(talking, made.secrets().getFirst());
    subjects = Subjects.read(jdbcUrl, List.of(job));
  }

  private static BacktestEngine engine(Database database) {
    Terminal silent =
        new Terminal(
            new PrintWriter(Writer.nullWriter()),
            new PrintWriter(Writer.nullWriter()),
            false,
            false);
    return (recording, candidates, progress) -> {
      BacktestResult result =
          new BacktestRunner(silent)
              .run(
                  new RecordingSource.Stored(
                      recording, false, new RecordingStore(database.dataSource())),
                  candidates,
                  BacktestConfig.DEFAULT,
                  progress);
      return StoredRuns.save(new BacktestStore(database.dataSource()), result, Instant.now());
    };
  }

  @AfterAll
  void removeFleet() throws IOException {
    if (client != null) {
      client.close();
    }
    if (tokens != null) {
      tokens.close();
    }
    if (web != null) {
      web.close();
    }
    if (opened != null) {
      opened.close();
    }
    if (server != null) {
      server.stop();
    }
    if (folder != null) {
      try (Stream<Path> paths = Files.walk(folder)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  private Crowd crowd() {
    return new Crowd(
        Objects.requireNonNull(client),
        Objects.requireNonNull(subjects),
        Operation.listDocumented(),
        secrets());
  }

  private List<String> secrets() {
    return Objects.requireNonNull(tokens).secrets();
  }

  @Test
  void everyOperationThatChangesNothing_isAsked_andAnswers() throws InterruptedException {
    Measurements measurements = crowd().askForEverything(3);

    assertThat(measurements.problems()).isEmpty();
    assertThat(measurements.rows())
        .extracting(Measurements.Row::operation)
        .containsExactlyInAnyOrderElementsOf(
            Asker.loaded(Operation.listDocumented()).stream().map(Operation::name).toList())
        .hasSizeGreaterThan(15);
    assertThat(measurements.rows())
        .allSatisfy(row -> {
          assertThat(row.requests()).isEqualTo(3);
          assertThat(row.failures()).isZero();
          assertThat(row.p50Ms()).isPositive();
        });
  }

  @Test
  void severalUsersAtOnce_getNoError() throws InterruptedException {
    Measurements measurements = crowd().use(Duration.ofSeconds(3), Duration.ofMillis(200));

    assertThat(measurements.problems()).isEmpty();
    assertThat(measurements.rows())
        .extracting(Measurements.Row::operation)
        .contains("GET /api/v1/fleet", "GET /api/v1/instances/{id}/timeline");
  }

  @Test
  void anAnswerThatIsAnError_isAProblem() throws InterruptedException {
    Measurements measurements = new Measurements();
    Operation nothing = new Operation("GET", "/api/v1/nothing", List.of(), false);

    Objects.requireNonNull(client)
        .measure(new Asker.Ask(nothing, nothing.path(), null), secrets().getFirst(), measurements);

    assertThat(measurements.problems()).singleElement().asString().contains("/api/v1/nothing: 404");
  }

  @Test
  void theRowOfAKill_isFollowedByAnEvent_atEveryListener() throws InterruptedException {
    LiveProbe probe =
        new LiveProbe(
            Objects.requireNonNull(client),
            secrets(),
            new ObservationStore(Objects.requireNonNull(opened).dataSource()),
            Objects.requireNonNull(history).members().getFirst());

    LiveProbe.Latency latency = probe.measure(2, Duration.ofMillis(100));

    assertThat(latency.lost()).isZero();
    assertThat(latency.events()).isEqualTo(2 * USERS);
  }

  @Test
  void newestSamples_areFound_alsoOfInstancesThatFellSilent() throws Exception {
    UUID silent = Objects.requireNonNull(subjects).instances().getLast();
    sql(
        "DELETE FROM headroom.memory_sample WHERE instance_id = '%s' AND sampled_at > now() - interval '5 hours'"
            .formatted(silent));
    Map<UUID, Instant> expected = newestSamples();
    assertThat(expected.get(silent)).isBefore(Instant.now().minus(Duration.ofHours(5)));

    JsonNode listed = json("/api/v1/instances?from=2d&limit=1000").get("instances");
    JsonNode collectors = json("/api/v1/fleet?from=2d").get("fleet").get("collectors");

    assertThat(listed).hasSize(PLAN.instances());
    for (JsonNode instance : listed) {
      UUID id = UUID.fromString(instance.get("instance_id").stringValue());
      assertThat(Instant.parse(instance.get("sampled_at").stringValue()))
          .isEqualTo(expected.get(id));
    }
    Map<String, Instant> ofNodes = new HashMap<>();
    for (FleetMember member : Objects.requireNonNull(history).members()) {
      ofNodes.merge(
          member.instance().node(),
          Objects.requireNonNull(expected.get(member.id().value())),
          (one, other) -> one.isAfter(other) ? one : other);
    }
    assertThat(collectors).hasSize(ofNodes.size());
    for (JsonNode collector : collectors) {
      assertThat(Instant.parse(collector.get("sampled_at").stringValue()))
          .isEqualTo(ofNodes.get(collector.get("node").stringValue()));
    }
  }

  @Test
  void keptRuns_areListedWithTheirCandidates() throws InterruptedException {
    JsonNode runs = json("/api/v1/backtests?limit=200");

    assertThat(runs).hasSize(100);
    assertThat(runs.get(0).get("kills").isInt()).isTrue();
    assertThat(runs.get(0).get("policies"))
        .extracting(policy -> policy.get("name").stringValue())
        .contains("talk", "static-90");
  }

  @Test
  void historiesOfTheSamePlan_areTheSame_whateverStretchTheyAreWrittenIn() {
    Instant end = Instant.parse("2026-03-03T12:00:00Z");
    Instant from = end.minus(Duration.ofHours(8));

    assertThat(written(end, from, end)).isEqualTo(written(end, from, end)).isNotEmpty();
    List<Observation> parts = new ArrayList<>(written(end, from, from.plusSeconds(7_200)));
    parts.addAll(written(end, from.plusSeconds(7_200), end));
    // Counters start anew with each stretch; what happened does not depend on it.
    assertThat(parts).hasSameSizeAs(written(end, from, end));
  }

  private static List<Observation> written(Instant end, Instant from, Instant to) {
    List<Observation> observations = new ArrayList<>();
    new FleetHistory(PLAN, List.of("talk@1"), end).write(from, to, observations::add, () -> {});
    return observations;
  }

  private JsonNode json(String path) throws InterruptedException {
    return JsonMapper.shared()
        .readTree(Objects.requireNonNull(client).get(path, secrets().getFirst(), null));
  }

  private void sql(String statement) throws SQLException {
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    }
  }

  private Map<UUID, Instant> newestSamples() throws SQLException {
    Map<UUID, Instant> newest = new HashMap<>();
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement sql = connection.createStatement();
        ResultSet rows =
            sql.executeQuery(
                "SELECT instance_id, max(sampled_at) FROM headroom.memory_sample GROUP BY 1")) {
      while (rows.next()) {
        newest.put(rows.getObject(1, UUID.class), rows.getTimestamp(2).toInstant());
      }
    }
    return newest;
  }
}
