package dev.headroom.benchmark;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresServer;
import dev.headroom.embedded.ServerOptions;
import dev.headroom.embedded.ServerStatus;
import dev.headroom.embedded.StopMode;
import dev.headroom.engine.fleet.FleetGenerator;
import dev.headroom.engine.fleet.FleetSpec;
import dev.headroom.engine.kernel.RecordingHeader;
import dev.headroom.engine.kernel.ReplayPass;
import dev.headroom.engine.kernel.SampleChunk;
import dev.headroom.engine.kernel.SampleFeed;
import dev.headroom.engine.kernel.StreamedRecording;
import dev.headroom.engine.recording.RecordingCache;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Observation;
import dev.headroom.store.Database;
import dev.headroom.store.ObservationStore;
import dev.headroom.store.SchemaMigration;
import dev.headroom.store.Upkeep;
import dev.headroom.web.WebConfig;
import dev.headroom.web.WebParts;
import dev.headroom.web.WebServer;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long a page waits for <em>what if</em>: one made-up instance in a private TimescaleDB, a web
 * process over it, and formulas typed one after the other, each another one, over HTTP.
 */
public final class WhatIfBenchmark {

  private static final int BATCH = 5_000;
  private static final int PAUSES = 10;
  private static final long MIB = 1 << 20;
  private static final double UNLIMITED = 1e9;

  private final PrintStream out = System.out;
  private final HttpClient http = HttpClient.newHttpClient();

  private WhatIfBenchmark() {}

  /**
   * Measures.
   *
   * @param arguments {@code FOLDER DAYS STEP_SECONDS CLIENTS FORMULAS}
   */
  public static void main(String[] arguments)
      throws IOException, SQLException, InterruptedException {
    Path folder = Path.of(arguments[0]);
    FleetSpec spec =
        new FleetSpec(
            1,
            Duration.ofDays(Long.parseLong(arguments[1])),
            Duration.ofMillis((long) (1_000 * Double.parseDouble(arguments[2]))),
            Integer.parseInt(arguments[3]),
            true,
            1);
    // The server runs as another user when this one is root.
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
    PostgresServer server =
        new PostgresServer(
            new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()))
                .install(System.err::println),
            folder.resolve("data"),
            folder.resolve("server.log"),
            OsUser.forPostgres());
    Thread stop = new Thread(() -> server.stop(StopMode.IMMEDIATE, Duration.ofSeconds(30)));
    Runtime.getRuntime().addShutdownHook(stop);
    server.initialize("postgres", Optional.empty(), List.of());
    ServerStatus.Running running =
        server.start(
            ServerOptions.defaults()
                .withSettings(
                    Map.of(
                        "shared_preload_libraries", "timescaledb",
                        "timescaledb.max_background_workers", "0")));
    String url = "jdbc:postgresql://localhost:" + running.port() + "/postgres?user=postgres";
    new WhatIfBenchmark().run(url, folder, spec, Integer.parseInt(arguments[4]));
  }

  private void run(String url, Path folder, FleetSpec spec, int formulas)
      throws IOException, SQLException, InterruptedException {
    try (Database unmigrated = Database.connect(url)) {
      SchemaMigration.migrate(unmigrated.dataSource());
    }
    try (Database database = Database.open(url)) {
      InstanceId id = makeUp(database, folder, spec);
      WebConfig config = WebConfig.LOOPBACK.withRequestsPerSecond(UNLIMITED);
      try (WebServer web =
          WebServer.start(
              config,
              new WebParts(
                  database,
                  url,
                  (recording, candidates, progress) -> {
                    throw new UnsupportedOperationException("nothing here runs a backtest");
                  }))) {
        measure(web.url() + "/api/v1/instances/" + id + "/what-if", spec, formulas);
      }
    }
  }

  private InstanceId makeUp(Database database, Path folder, FleetSpec spec)
      throws IOException, SQLException {
    FleetGenerator fleet = new FleetGenerator(spec);
    RecordingCache cache = new RecordingCache(folder.resolve("blocks"), 1L << 40, notice -> {});
    StreamedRecording made = fleet.load(fleet.instances().getFirst(), cache).recording();
    RecordingHeader header = made.header();
    ObservationStore store = new ObservationStore(database.dataSource());
    store.store(List.of(header.instance()));
    List<Observation> batch = new ArrayList<>(header.kills());
    batch.addAll(header.instanceEvents());
    SampleFeed feed = made.openSamples();
    SampleChunk chunk = new SampleChunk(ReplayPass.CHUNK_SAMPLES);
    while (feed.next(chunk)) {
      for (int i = 0; i < chunk.size; i++) {
        batch.add(feed.sample(i));
      }
      if (batch.size() > BATCH) {
        store.store(batch);
        batch.clear();
      }
    }
    store.store(batch);
    new Upkeep(database.dataSource()).refreshRollups();
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("ANALYZE");
    }
    out.printf(
        Locale.ROOT,
        "%,d samples every %s, %d clients each, %d kills%n",
        header.sampleCount(),
        spec.step(),
        spec.clients(),
        header.kills().size());
    return header.instance().id();
  }

  private void measure(String url, FleetSpec spec, int formulas)
      throws IOException, InterruptedException {
    Instant to = FleetSpec.START.plus(spec.length());
    out.printf(Locale.ROOT, "first answer, nothing loaded: %,.0f ms%n", ask(url, to, formula(0)));
    out.printf(Locale.ROOT, "second answer: %,.0f ms%n", ask(url, to, formula(1)));
    double[] ms = new double[formulas];
    long processorNs = processorNs();
    for (int i = 0; i < formulas; i++) {
      ms[i] = ask(url, to, formula(i + 2));
    }
    tell(formulas + " formulas one after the other", ms);
    out.printf(
        Locale.ROOT,
        "processor time of server and client for each: %.0f ms%n",
        (processorNs() - processorNs) / 1e6 / formulas);
    double[] afterPause = new double[PAUSES];
    for (int i = 0; i < PAUSES; i++) {
      // Long enough that the range is compared with the database again.
      Thread.sleep(2_500);
      afterPause[i] = ask(url, to, formula(i + formulas + 2));
    }
    tell(PAUSES + " after a pause of 2.5 s each", afterPause);
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    out.printf(
        Locale.ROOT,
        "heap in use afterwards %d MiB of %d MiB; the range: %s%n",
        (runtime.totalMemory() - runtime.freeMemory()) / MIB,
        runtime.maxMemory() / MIB,
        post(url + "/load", body(to, null)).body());
  }

  private static long processorNs() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  private void tell(String what, double[] ms) {
    double[] sorted = ms.clone();
    Arrays.sort(sorted);
    out.printf(
        Locale.ROOT,
        "%s: p50 %.0f ms, p95 %.0f ms, max %.0f ms%n",
        what,
        sorted[sorted.length / 2],
        sorted[(int) Math.ceil(0.95 * sorted.length) - 1],
        sorted[sorted.length - 1]);
  }

  /** Another formula for each number: fractions, floors, windows of several lengths. */
  private static String formula(int number) {
    int mib = 64 + number;
    return switch (number % 5) {
      case 0 -> "memory_max * 0.%03d".formatted(600 + number % 400);
      case 1 -> "memory_max - (shmem + page_tables + %dMiB)".formatted(mib);
      case 2 ->
          "memory_max - max_over_time(shmem + page_tables, %dm) - %dMiB"
              .formatted(5 + number % 50, mib);
      case 3 ->
          "floor_bytes = shmem + page_tables * 1.%d + slab_unreclaimable%nmemory_max * 0.95 - floor_bytes - %dMiB"
              .formatted(number % 10, mib);
      default ->
          "memory_max - quantile_over_time(0.99, shmem + page_tables, %dm) - %dMiB"
              .formatted(10 + number % 20, mib);
    };
  }

  private double ask(String url, Instant to, String formula)
      throws IOException, InterruptedException {
    long begin = System.nanoTime();
    HttpResponse<String> answer = post(url, body(to, formula));
    double ms = (System.nanoTime() - begin) / 1e6;
    if (answer.statusCode() != 200 || !answer.body().contains("\"problem\":null")) {
      throw new IllegalStateException(formula + ": " + answer.body());
    }
    return ms;
  }

  private static String body(Instant to, @Nullable String formula) {
    String range = "\"from\": \"%s\", \"to\": \"%s\"".formatted(FleetSpec.START, to);
    return formula == null
        ? "{" + range + "}"
        : "{%s, \"formula\": \"%s\"}".formatted(range, formula.replace("\n", "\\n"));
  }

  private HttpResponse<String> post(String url, String json)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(url))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
