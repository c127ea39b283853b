package dev.headroom.load;

import dev.headroom.model.BacktestKill;
import dev.headroom.model.BacktestRun;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import dev.headroom.model.Recording;
import dev.headroom.model.Verdict;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.BacktestStore;
import dev.headroom.store.Database;
import dev.headroom.store.ObservationStore;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RecordingStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.Upkeep;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Writes a made-up fleet into a database with the current schema, and brings it up to now. */
final class FleetFiller {

  private static final List<Policy> POLICIES =
      List.of(
          Policy.of("talk", "memory_max - (shmem + page_tables + 100MiB)"),
          Policy.of("static-75", "memory_max * 75%"),
          Policy.of("static-90", "memory_max * 90%"));

  private static final List<String> TABLES =
      List.of(
          "node",
          "instance",
          "memory_sample",
          "memory_sample_1m_rollup",
          "memory_sample_1h_rollup",
          "process_sample",
          "decision",
          "oom_kill",
          "instance_event",
          "guard_event",
          "collector_event",
          "rollout",
          "rollout_event",
          "recording",
          "backtest_run",
          "backtest_kill");

  private static final Duration BACKTEST_WITHIN = Duration.ofMinutes(5);
  private static final int RECORDINGS = 20;
  private static final int RECORDED_INSTANCES = 5;
  private static final int RUNS = 100;
  private static final int ROLLOUTS = 12;

  private final String jdbcUrl;
  private final Database database;
  private final FleetPlan plan;
  private final Consumer<String> say;

  /**
   * A filler.
   *
   * @param jdbcUrl of a superuser of the same database
   * @param say is told what is being done
   */
  FleetFiller(String jdbcUrl, Database database, FleetPlan plan, Consumer<String> say) {
    this.jdbcUrl = jdbcUrl;
    this.database = database;
    this.plan = plan;
    this.say = say;
  }

  /** Makes the whole fleet, up to this moment, with its rollups. */
  FleetHistory fill() {
    Instant now = now();
    List<String> policyIds = policies();
    FleetHistory history = new FleetHistory(plan, policyIds, now);
    Instant from = now.minus(Duration.ofDays(plan.days())).truncatedTo(ChronoUnit.HOURS);
    write(history, from, now, true);
    makeRecordings(history, now);
    makeRollouts(now);
    refreshRollups();
    sql("ANALYZE");
    return history;
  }

  /** Adds what has happened to the fleet since it was filled, and brings the rollups up to date. */
  FleetHistory bringUpToDate() {
    Instant now = now();
    FleetHistory history = new FleetHistory(plan, policies(), now);
    Instant newest =
        Instant.ofEpochSecond(
            number("SELECT extract(epoch FROM max(observed_at))::bigint FROM headroom.instance"));
    // What was underway when it was filled is written again, and stored where it is new.
    write(history, newest.truncatedTo(ChronoUnit.HOURS), now, false);
    refreshRollups();
    return history;
  }

  private static Instant now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS);
  }

  private List<String> policies() {
    PolicyStore store = new PolicyStore(database.dataSource());
    return POLICIES.stream().map(each -> store.register(each, "load").policyId()).toList();
  }

  /**
   * Writes a stretch of history.
   *
   * @param first whether the rollups are still empty: then nothing has to be noted for them as late
   */
  private void write(FleetHistory history, Instant from, Instant to, boolean first) {
    long begin = System.nanoTime();
    String url = first ? withoutTriggers(jdbcUrl) : jdbcUrl;
    long[] hours = {0};
    long all = Duration.between(from, to).plusHours(1).toHours();
    try (Database rows = Database.open(url)) {
      StoringSink sink = new StoringSink(new ObservationStore(rows.dataSource()));
      try (sink) {
        history.writeMembers(sink);
        history.write(
            from,
            to,
            sink,
            () -> {
              if (++hours[0] % 24 == 0) {
                say.accept("  %d of %d hours, %,d rows".formatted(hours[0], all, sink.stored()));
              }
            });
      }
      say.accept(
          "  %,d rows in %d s"
              .formatted(sink.stored(), (System.nanoTime() - begin) / 1_000_000_000));
    }
  }

  /**
   * As a replica, a connection fires no triggers: the one for late samples costs more than a row.
   */
  private static String withoutTriggers(String url) {
    return url
        + (url.contains("?") ? '&' : '?')
        + "options=-c%20session_replication_role%3Dreplica";
  }

  private void refreshRollups() {
    say.accept("rolling up");
    long begin = System.nanoTime();
    new Upkeep(database.dataSource()).refreshRollups();
    say.accept("  in %d s".formatted((System.nanoTime() - begin) / 1_000_000_000));
  }

  private void makeRecordings(FleetHistory history, Instant now) {
    RecordingStore store = new RecordingStore(database.dataSource());
    List<InstanceId> closely =
        history.members().stream()
            .filter(FleetMember::isWatchedClosely)
            .limit(RECORDED_INSTANCES)
            .map(FleetMember::id)
            .sorted()
            .toList();
    for (int i = 0; i < RECORDINGS; i++) {
      Instant ends = now.minus(Duration.ofHours(i));
      store.save(
          new Recording(
              recordingName(i), ends.minus(Duration.ofHours(12)), ends, closely, "made up"));
    }
  }

  static String recordingName(int number) {
    return "load-%02d".formatted(number);
  }

  /**
   * Runs a backtest as a page does, and keeps copies of it as earlier ones where there are none
   * yet.
   *
   * @return the job, which the web process knows until it ends
   */
  UUID keepRuns(DashboardClient client, String token) throws InterruptedException {
    JsonNode job =
        JsonMapper.shared()
            .readTree(
                client.get(
                    "/api/v1/backtests",
                    token,
                    "{\"recording\": \"%s\", \"formulas\": [\"talk\", \"neon\", \"static-75\", \"static-90\"]}"
                        .formatted(recordingName(0))));
    UUID id = UUID.fromString(job.get("job_id").stringValue());
    Instant deadline = Instant.now().plus(BACKTEST_WITHIN);
    while (Instant.now().isBefore(deadline)) {
      JsonNode progress =
          JsonMapper.shared().readTree(client.get("/api/v1/backtest-jobs/" + id, token, null));
      String state = progress.get("state").stringValue();
      if (state.equals("done")) {
        copyRun(UUID.fromString(progress.get("run_id").stringValue()));
        return id;
      }
      if (!state.equals("running")) {
        throw new IllegalStateException("the backtest ended as " + progress);
      }
      Thread.sleep(100);
    }
    throw new IllegalStateException("the backtest did not end within " + BACKTEST_WITHIN);
  }

  /**
   * Keeps copies of a run as earlier ones, with verdicts on the fleet's newest kills: as many
   * backtests as a year of work leaves.
   */
  private void copyRun(UUID runId) {
    BacktestStore store = new BacktestStore(database.dataSource());
    BacktestRun run = store.find(runId).orElseThrow();
    List<UUID> kills =
        ids("SELECT kill_id FROM headroom.oom_kill ORDER BY killed_at DESC LIMIT 2000");
    Verdict[] verdicts = Verdict.values();
    for (int i = 1; i < RUNS; i++) {
      UUID copy = UUID.nameUUIDFromBytes((runId + " " + i).getBytes(StandardCharsets.UTF_8));
      List<BacktestKill> judged = new ArrayList<>();
      for (Policy policy : POLICIES) {
        for (int kill = i; kill < kills.size(); kill += RUNS / 4) {
          Verdict verdict = verdicts[(kill + i) % verdicts.length];
          judged.add(
              new BacktestKill(
                  copy,
                  policy.name(),
                  kills.get(kill),
                  verdict,
                  verdict,
                  1L << 30,
                  64L << 20,
                  null));
        }
      }
      store.save(
          new BacktestRun(
              copy,
              run.kind(),
              run.startedAt().minus(Duration.ofHours(7L * i)),
              run.recordingName(),
              run.recordingHash(),
              run.engineVersion(),
              run.manifestJson(),
              run.resultJson()),
          judged);
    }
  }

  private void makeRollouts(Instant now) {
    RolloutStore store = new RolloutStore(database.dataSource());
    for (int i = 0; i < ROLLOUTS; i++) {
      Instant began = now.minus(Duration.ofDays(plan.days())).plus(Duration.ofHours(6L * i));
      Rollout rollout =
          store
              .create(
                  new RolloutStore.Draft(
                      "load-" + i,
                      POLICIES.get(i % POLICIES.size()).name() + "@1",
                      Map.of("cluster", "c-%04d".formatted(i)),
                      "{}"),
                  step(RolloutStage.OFF, null, began))
              .orElseThrow();
      rollout = store.change(rollout, step(RolloutStage.SHADOW, null, began.plusSeconds(60)));
      for (int percent : new int[] {1, 5, 10, 25, 50}) {
        began = began.plus(Duration.ofHours(12));
        rollout = store.change(rollout, step(RolloutStage.CANARY, percent, began));
      }
      if (i % 2 == 0) {
        store.change(rollout, step(RolloutStage.ENFORCE, null, began.plus(Duration.ofHours(12))));
      }
    }
  }

  private static RolloutStep step(RolloutStage stage, @Nullable Integer percent, Instant at) {
    return new RolloutStep(
        RolloutStep.Kind.TRANSITION,
        stage,
        percent,
        "load",
        "load",
        "its gates are open",
        null,
        "{\"gates\": [{\"name\": \"soak\", \"open\": true}]}",
        at);
  }

  /** How many rows each table has, by name; and the size of the database. */
  Map<String, Long> count() {
    Map<String, Long> counts = new LinkedHashMap<>();
    for (String table : TABLES) {
      counts.put(table, number("SELECT count(*) FROM headroom." + table));
    }
    counts.put("database_bytes", number("SELECT pg_database_size(current_database())"));
    return counts;
  }

  private long number(String query) {
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(query)) {
      row.next();
      return row.getLong(1);
    } catch (SQLException e) {
      throw new IllegalStateException(query + ": " + e.getMessage(), e);
    }
  }

  private List<UUID> ids(String query) {
    List<UUID> ids = new ArrayList<>();
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(query)) {
      while (rows.next()) {
        ids.add(rows.getObject(1, UUID.class));
      }
    } catch (SQLException e) {
      throw new IllegalStateException(query + ": " + e.getMessage(), e);
    }
    return ids;
  }

  private void sql(String statement) {
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        Statement sql = connection.createStatement()) {
      sql.execute(statement);
    } catch (SQLException e) {
      throw new IllegalStateException(statement + ": " + e.getMessage(), e);
    }
  }
}
