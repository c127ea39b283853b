package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.sampling.Cadence;
import dev.headroom.collector.spool.Spool;
import dev.headroom.model.BackendKind;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.CollectorEvent;
import dev.headroom.model.Fact;
import dev.headroom.model.Instance;
import dev.headroom.model.InstanceEvent;
import dev.headroom.model.InstanceId;
import dev.headroom.model.MemoryLimit;
import dev.headroom.model.Node;
import dev.headroom.model.Observation;
import dev.headroom.model.OomKill;
import dev.headroom.model.ProcessSample;
import dev.headroom.model.Sample;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A whole collector beside a real Postgres in a real cgroup, up to its spool. */
class CollectorTest {

  private static final long LIMIT_BYTES = 256L << 20;
  private static final long SPOOL_BYTES = 64L << 20;
  private static final String SAMPLES = "headroom_sample_seconds_count";

  /** Waits for a lock that the test holds, and then takes memory until it is killed. */
  private static final String SORT =
      "select md5(i::text) from (select pg_advisory_lock_shared(1) offset 0) gate,"
          + " generate_series(1, 5000000) i order by 1 offset 4999999";

  @TempDir private Path folder;
  private PrivatePostgres postgres;
  private InstanceId instanceId;

  @BeforeEach
  void startPostgres() throws IOException {
    postgres = PrivatePostgres.start(LIMIT_BYTES, "work_mem=1GB", "shared_buffers=16MB", "jit=off");
    instanceId = InstanceId.of("test", postgres.cgroupPath(), postgres.dataDirectory().toString());
  }

  @AfterEach
  void stopPostgres() throws IOException {
    if (postgres != null) {
      postgres.close();
    }
  }

  @Test
  void collector_samplesTheInstanceAndServesMetrics() throws Exception {
    try (Collector collector = Collector.start(config());
        Connection connection = postgres.connect()) {
      assertThat(connection.isValid(60)).isTrue();
      awaitSamples(collector, 4);
      assertThat(scrape(collector)).contains("headroom_spool_backlog_bytes");
    }
    List<Observation> observed = spooled();

    assertThat(of(observed, Node.class)).isNotEmpty();
    Instance instance = of(observed, Instance.class).getFirst();
    assertThat(instance.id()).isEqualTo(instanceId);
    assertThat(instance.cgroupVersion()).isEqualTo(CgroupVersion.V1);
    assertThat(instance.labels()).containsEntry("scenario", "calm");
    List<Sample> samples = of(observed, Sample.class);
    assertThat(samples).hasSizeGreaterThanOrEqualTo(4);
    for (int i = 1; i < samples.size(); i++) {
      assertThat(Duration.between(samples.get(i - 1).sampledAt(), samples.get(i).sampledAt()))
          .as("memory is calm, so it is sampled every half second")
          .isGreaterThan(Duration.ofMillis(400));
    }
    Sample sample = samples.getLast();
    assertThat(sample.memoryMax()).isEqualTo(MemoryLimit.ofBytes(LIMIT_BYTES));
    assertThat(sample.facts().get(Fact.SHARED_BUFFERS)).isEqualTo(16L << 20);
    assertThat(sample.facts().get(Fact.PAGE_TABLES)).isPositive();
    assertThat(sample.processes())
        .extracting(ProcessSample::kind)
        .contains(BackendKind.POSTMASTER, BackendKind.CLIENT_BACKEND, BackendKind.WAL_WRITER)
        .doesNotContain(BackendKind.UNKNOWN, BackendKind.OTHER);
    assertThat(kinds(observed)).contains(InstanceEvent.Kind.START, InstanceEvent.Kind.READY);
    assertThat(collectorKinds(observed))
        .contains(CollectorEvent.Kind.START, CollectorEvent.Kind.STOP)
        .doesNotContain(CollectorEvent.Kind.FAILURE);
  }

  @Test
  void reloadAndStop_areEvents() throws Exception {
    try (Collector collector = Collector.start(config())) {
      // Only a change is told, so the collector must have looked once before.
      await(() -> {
        postgres.reload();
        return isInLedger("RELOAD");
      });
      postgres.stopServer();
      await(() -> metric(collector, "headroom_instances") == 0);
    }

    assertThat(kinds(spooled()))
        .containsSubsequence(
            InstanceEvent.Kind.START, InstanceEvent.Kind.RELOAD, InstanceEvent.Kind.STOP);
  }

  @Test
  void kill_isCapturedEnrichedAndItsOutageMeasured() throws Exception {
    try (Collector collector = Collector.start(config().withKeepQueryText(true))) {
      awaitSamples(collector, 2);
      provokeKill(collector);
      postgres.awaitConnections();
      await(() -> metric(collector, "headroom_oom_kills_total") == 1);
      awaitSamples(collector, metric(collector, SAMPLES) + 4);
    }
    List<Observation> observed = spooled();

    assertThat(of(observed, OomKill.class)).hasSize(1);
    OomKill kill = of(observed, OomKill.class).getFirst();
    assertThat(kill.instanceId()).isEqualTo(instanceId);
    assertThat(kill.victim().kind()).isEqualTo(BackendKind.CLIENT_BACKEND);
    assertThat(kill.victim().user()).isEqualTo("alice");
    assertThat(kill.victim().database()).isEqualTo("postgres");
    assertThat(kill.victim().queryText()).isEqualTo(SORT);
    assertThat(kill.victim().queryFingerprint()).isNotNull();
    assertThat(kill.memoryMax()).isEqualTo(MemoryLimit.ofBytes(LIMIT_BYTES));
    assertThat(kill.counterAgrees()).isTrue();
    assertThat(kill.groupKill()).isFalse();
    assertThat(kill.victimCgroupPath()).isEqualTo(postgres.cgroupPath());

    List<InstanceEvent> events = of(observed, InstanceEvent.class);
    InstanceEvent crash = only(events, InstanceEvent.Kind.CRASH);
    InstanceEvent ready = events.getLast();
    assertThat(crash.occurredAt()).isEqualTo(kill.killedAt());
    assertThat(ready.kind()).isEqualTo(InstanceEvent.Kind.READY);
    assertThat(Objects.requireNonNull(ready.outageMs()))
        .isEqualTo(Duration.between(crash.occurredAt(), ready.occurredAt()).toMillis())
        .isBetween(10L, 20_000L);
    List<Sample> before =
        of(observed, Sample.class).stream()
            .filter(sample -> sample.sampledAt().isBefore(kill.killedAt()))
            .toList();
    ProcessSample victim =
        before.getLast().processes().stream()
            .filter(process -> process.pid() == kill.victim().hostPid())
            .findFirst()
            .orElseThrow();
    assertThat(victim.statementNumber()).isNotNull();
    assertThat(victim.queryFingerprint()).isEqualTo(kill.victim().queryFingerprint());
    assertThat(collectorKinds(observed))
        .contains(CollectorEvent.Kind.CAPTURE_OPENED)
        .doesNotContain(CollectorEvent.Kind.COUNTER_MISMATCH, CollectorEvent.Kind.FAILURE);
  }

  @Test
  void killRightBeforeTheStop_isKeptAndComparedWithTheCounter() throws Exception {
    try (Collector collector = Collector.start(config())) {
      awaitSamples(collector, 2);
      provokeKill(collector);
    }

    assertThat(of(spooled(), OomKill.class))
        .extracting(OomKill::counterAgrees)
        .containsExactly(true);
  }

  @Test
  void secondCollector_isRefusedWithTheOthersProcess() throws Exception {
    try (Collector _ = Collector.start(config().withCapture(null))) {
      assertThatThrownBy(() -> Collector.start(config().withCapture(null)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another collector (process " + ProcessHandle.current().pid());
    }
  }

  /** The victim's statement is killed only after it was sampled. */
  private void provokeKill(Collector collector) throws Exception {
    try (Connection holder = postgres.connect();
        Statement lock = holder.createStatement();
        Connection connection = postgres.connect();
        Statement statement = connection.createStatement()) {
      lock.execute("select pg_advisory_lock(1)");
      CompletableFuture<Void> killed =
          CompletableFuture.runAsync(() ->
              assertThatThrownBy(() -> statement.execute(SORT)).isInstanceOf(SQLException.class));
      await(() -> isWaiting(lock));
      awaitSamples(collector, metric(collector, SAMPLES) + 3);
      lock.execute("select pg_advisory_unlock(1)");
      killed.get(3, TimeUnit.MINUTES);
    }
  }

  private static boolean isWaiting(Statement statement) throws SQLException {
    try (ResultSet found =
        statement.executeQuery(
            "select from pg_locks where locktype = 'advisory' and not granted")) {
      return found.next();
    }
  }

  private CollectorConfig config() {
    return CollectorConfig.of(folder.resolve("state"))
        .withNode("test")
        .withMaxSpoolBytes(SPOOL_BYTES)
        .withMetricsPort(0)
        .withCadence(new Cadence(Duration.ofMillis(500), Duration.ofMillis(100)))
        .withInstances(
            new InstanceSelection.Discovered(postgres.cgroupPath(), Map.of("scenario", "calm")))
        .withCapture(
            new CaptureOptions(
                "test", folder.resolve("run"), null, null, false, Duration.ofSeconds(2)));
  }

  private List<Observation> spooled() throws IOException {
    List<Observation> observed = new ArrayList<>();
    try (Spool spool = Spool.open(folder.resolve("state/spool"), SPOOL_BYTES)) {
      while (!spool.isDrained()) {
        Spool.Batch batch =
            spool.read(
                1000,
                1 << 20,
                (record, problem) -> {
                  throw new AssertionError(problem);
                });
        observed.addAll(batch.observations());
        spool.advance(batch);
      }
    }
    return observed;
  }

  private static void awaitSamples(Collector collector, double count) {
    await(() -> metric(collector, SAMPLES) >= count);
  }

  private static void await(Callable<Boolean> condition) {
    Awaitility.await().atMost(Duration.ofSeconds(90)).until(condition);
  }

  /** The value now; 0 while nothing was counted yet. */
  private static double metric(Collector collector, String name) throws Exception {
    return scrape(collector)
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .sum();
  }

  /** Whether a text is in what the spool has on disk now. */
  private boolean isInLedger(String text) throws IOException {
    try (Stream<Path> segments = Files.walk(folder.resolve("state/spool/ledger"))) {
      for (Path segment : segments.filter(Files::isRegularFile).toList()) {
        if (Files.readString(segment, StandardCharsets.ISO_8859_1).contains(text)) {
          return true;
        }
      }
    }
    return false;
  }

  private static String scrape(Collector collector) throws Exception {
    int port = collector.findMetricsPort().orElseThrow();
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/metrics")).build(),
              HttpResponse.BodyHandlers.ofString())
          .body();
    }
  }

  private static <T> List<T> of(List<Observation> observed, Class<T> type) {
    return observed.stream().filter(type::isInstance).map(type::cast).toList();
  }

  private static List<InstanceEvent.Kind> kinds(List<Observation> observed) {
    return of(observed, InstanceEvent.class).stream().map(InstanceEvent::kind).toList();
  }

  private static List<CollectorEvent.Kind> collectorKinds(List<Observation> observed) {
    return of(observed, CollectorEvent.class).stream().map(CollectorEvent::kind).toList();
  }

  private static InstanceEvent only(List<InstanceEvent> events, InstanceEvent.Kind kind) {
    Stream<InstanceEvent> wanted = events.stream().filter(event -> event.kind() == kind);
    List<InstanceEvent> found = wanted.toList();
    assertThat(found).hasSize(1);
    return found.getFirst();
  }
}
