package dev.headroom.web;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.StoredRuns;
import dev.headroom.cli.Terminal;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.engine.backtest.Candidate;
import dev.headroom.engine.backtest.ProgressListener;
import dev.headroom.engine.recording.RecordingDirectory;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Recording;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.Database;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A web process on a free port with a database of its own. Close it to stop it. */
final class TestWeb implements AutoCloseable {

  /** So that no test waits for the limit. */
  static final double UNLIMITED = 1e9;

  private final String jdbcUrl;
  private final Database database;
  private final WebServer server;
  private final HttpClient http = HttpClient.newHttpClient();

  private volatile CountDownLatch backtestsMayRun = new CountDownLatch(0);

  private TestWeb(String jdbcUrl, WebConfig config) {
    this.jdbcUrl = jdbcUrl;
    database = Database.open(jdbcUrl);
    server = WebServer.start(config, new WebParts(database, jdbcUrl, this::backtest));
  }

  UUID backtest(Recording recording, List<Candidate> candidates, ProgressListener progress) {
    try {
      backtestsMayRun.await();
    } catch (InterruptedException cancelled) {
      // The run finds out as it does whenever it is cancelled.
      Thread.currentThread().interrupt();
    }
    Terminal terminal =
        new Terminal(
            new PrintWriter(Writer.nullWriter()),
            new PrintWriter(Writer.nullWriter()),
            false,
            false);
    BacktestResult result =
        new BacktestRunner(terminal)
            .run(
                new RecordingSource.Stored(
                    recording, false, new RecordingStore(database.dataSource())),
                candidates,
                BacktestConfig.DEFAULT,
                progress);
    return StoredRuns.save(new BacktestStore(database.dataSource()), result, Instant.now());
  }

  static TestWeb start() {
    return start(WebConfig.LOOPBACK.withRequestsPerSecond(UNLIMITED));
  }

  static TestWeb start(WebConfig config) {
    return start(TestDatabase.TIMESCALE, config);
  }

  /** With a database of its own on this server. */
  static TestWeb start(TestDatabase server, WebConfig config) {
    return new TestWeb(server.migrated(), config);
  }

  /** Another web process over the same database. */
  static TestWeb over(TestWeb other, WebConfig config) {
    return new TestWeb(other.jdbcUrl, config);
  }

  /**
   * A web process over a database that its caller looks after.
   *
   * @param jdbcUrl of a database without the schema, which it is given
   */
  static TestWeb on(String jdbcUrl, WebConfig config) {
    migrate(jdbcUrl);
    return new TestWeb(jdbcUrl, config);
  }

  /** From now on backtests wait before they replay anything, until they are let go or cancelled. */
  void holdBacktests() {
    backtestsMayRun = new CountDownLatch(1);
  }

  void letBacktestsGo() {
    backtestsMayRun.countDown();
  }

  Database database() {
    return database;
  }

  WebServer server() {
    return server;
  }

  /** Stores a recording that comes with Headroom: kills of a real lab. */
  Recording importCorpus(String name) {
    try {
      RecordingDirectory directory =
          RecordingDirectory.open(root().resolve("backtest/corpus").resolve(name));
      var manifest = directory.manifest();
      Recording recording =
          new Recording(
              manifest.name(),
              manifest.startsAt(),
              manifest.endsAt(),
              manifest.instances().stream()
                  .map(each -> InstanceId.parse(each.instanceId()))
                  .toList(),
              manifest.note());
      new RecordingStore(database.dataSource()).importRecording(recording, directory.instances());
      return recording;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void sql(String statement) {
    try (Connection connection = database.dataSource().getConnection();
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    } catch (SQLException e) {
      throw new AssertionError(statement + ": " + e.getMessage(), e);
    }
  }

  HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(URI.create(server.url() + path));
  }

  HttpResponse<String> get(String path) {
    return send(request(path).GET());
  }

  HttpResponse<String> post(String path, String json) {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return sendOnce(request);
    } catch (IOException closed) {
      // The server may close a connection at the moment at which the client uses it again.
      try {
        return sendOnce(request);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private HttpResponse<String> sendOnce(HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  JsonNode json(String path) {
    HttpResponse<String> response = get(path);
    if (response.statusCode() != 200) {
      throw new AssertionError(path + " " + response.statusCode() + ": " + response.body());
    }
    return json(response);
  }

  static JsonNode json(HttpResponse<String> response) {
    return JsonMapper.shared().readTree(response.body());
  }

  static Path root() {
    for (Path folder = Path.of("").toAbsolutePath(); folder != null; folder = folder.getParent()) {
      if (Files.isDirectory(folder.resolve("backtest/corpus"))) {
        return folder;
      }
    }
    throw new IllegalStateException("these tests run inside the source tree");
  }

  private static void migrate(String jdbcUrl) {
    try (Database unmigrated = Database.connect(jdbcUrl)) {
      SchemaMigration.migrate(unmigrated.dataSource());
    }
  }

  @Override
  public void close() {
    http.close();
    server.close();
    database.close();
  }
}
