package dev.headroom.collector;

import dev.headroom.collector.autotune.LimitDamping;
import dev.headroom.collector.flag.FlagOptions;
import dev.headroom.collector.guard.GuardProbe;
import dev.headroom.collector.sampling.Cadence;
import dev.headroom.model.InstanceId;
import dev.headroom.model.Policy;
import dev.headroom.model.rollout.Buckets;
import dev.headroom.model.rollout.Rollout;
import dev.headroom.model.rollout.RolloutStage;
import dev.headroom.model.rollout.RolloutStep;
import dev.headroom.store.Database;
import dev.headroom.store.PolicyStore;
import dev.headroom.store.RolloutStore;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The whole loop on this machine: a guarded Postgres, a database with rollouts, and collectors in
 * processes of their own that follow them. Closing ends everything.
 */
final class GuardedLoop implements AutoCloseable {

  static final long MIB = 1 << 20;

  private final PrivatePostgres watched;
  private final PrivatePostgres store;
  private final GuardProbe guard;
  private final String node;
  private final List<Process> collectors = new ArrayList<>();
  private int rollouts;

  private GuardedLoop(
      PrivatePostgres watched, PrivatePostgres store, GuardProbe guard, String node) {
    this.watched = watched;
    this.store = store;
    this.guard = guard;
    this.node = node;
  }

  static GuardedLoop start(String... storeSettings) throws IOException {
    PrivatePostgres watched =
        PrivatePostgres.startGuarded(
            600 * MIB,
            "work_mem=1GB",
            "shared_buffers=16MB",
            "max_connections=60",
            "jit=off",
            "max_parallel_workers_per_gather=0");
    @Nullable PrivatePostgres store = null;
    try {
      List<String> settings = new ArrayList<>(List.of(storeSettings));
      settings.add("shared_buffers=32MB");
      store = PrivatePostgres.start(1L << 30, settings.toArray(String[]::new));
      try (Database database = Database.connect(store.url())) {
        SchemaMigration.migrate(database.dataSource());
      }
      return new GuardedLoop(
          watched, store, GuardProbe.open(watched.pid()), nodeThatIsNotHeldOut(watched));
    } catch (IOException | RuntimeException failed) {
      watched.close();
      if (store != null) {
        store.close();
      }
      throw failed;
    }
  }

  /** The hold-out is by the instance's id, and that by the node's name. */
  private static String nodeThatIsNotHeldOut(PrivatePostgres watched) {
    for (int i = 0; ; i++) {
      String node = "test" + i;
      InstanceId id = InstanceId.of(node, watched.cgroupPath(), watched.dataDirectory().toString());
      if (!Buckets.isHeldOut(id)) {
        return node;
      }
    }
  }

  PrivatePostgres watched() {
    return watched;
  }

  PrivatePostgres store() {
    return store;
  }

  String node() {
    return node;
  }

  /** The limit that refuses now, in MiB; -1 when none does. */
  long limitMib() {
    return guard.findLimitInForce().orElse(-MIB) / MIB;
  }

  GuardProbe guard() {
    return guard;
  }

  /** Enforces a policy; a rollout that was there before is retired in the same transaction. */
  void enforce(String formula) {
    try (Database database = Database.open(store.url())) {
      RolloutStore all = new RolloutStore(database.dataSource());
      String policyId =
          new PolicyStore(database.dataSource()).register(Policy.of("p", formula), "me").policyId();
      List<RolloutStore.Change> retired =
          all.listActive().stream()
              .map(kept -> new RolloutStore.Change(kept.rollout(), step(RolloutStage.RETIRED)))
              .toList();
      Rollout made =
          all.create(
                  new RolloutStore.Draft("r" + rollouts++, policyId, Map.of(), "{}"),
                  step(RolloutStage.OFF))
              .orElseThrow();
      Rollout shadow = all.change(made, step(RolloutStage.SHADOW));
      List<RolloutStore.Change> changes = new ArrayList<>(retired);
      changes.add(new RolloutStore.Change(shadow, step(RolloutStage.ENFORCE)));
      all.change(changes);
    }
  }

  private static RolloutStep step(RolloutStage stage) {
    return new RolloutStep(
        RolloutStep.Kind.TRANSITION,
        stage,
        null,
        "me",
        "me",
        "a test",
        null,
        "{}",
        Instant.now().truncatedTo(ChronoUnit.MICROS));
  }

  /**
   * Starts a collector that follows the rollouts.
   *
   * @param state its state directory
   * @param hold how long it goes on without the database
   * @param before what runs it, such as a program that enters a namespace
   */
  Process collect(Path state, Duration hold, String url, String... before) throws IOException {
    List<String> command = new ArrayList<>(List.of(before));
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin/java").toString(),
            "--enable-native-access=ALL-UNNAMED",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName(),
            state.toString(),
            watched.cgroupPath(),
            url,
            node,
            hold.toString()));
    Process collector =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(
                ProcessBuilder.Redirect.appendTo(state.resolveSibling("collector.log").toFile()))
            .start();
    collectors.add(collector);
    return collector;
  }

  Process collect(Path state, Duration hold) throws IOException {
    return collect(state, hold, store.url());
  }

  static CollectorConfig config(
      Path state, String cgroupPath, String url, String node, Duration hold, Duration cadence) {
    return CollectorConfig.of(state)
        .withNode(node)
        .withMaxSpoolBytes(64L << 20)
        .withCadence(new Cadence(cadence, cadence))
        .withInstances(new InstanceSelection.Discovered(cgroupPath, Map.of()))
        .withDatabaseUrl(url)
        .withFlags(FlagOptions.defaults().withPoll(Duration.ofSeconds(1)))
        .withHold(hold)
        .withDamping(LimitDamping.NONE)
        .withCapture(null);
  }

  static void kill(Process process) throws InterruptedException {
    process.toHandle().destroyForcibly();
    if (!process.waitFor(60, TimeUnit.SECONDS)) {
      throw new IllegalStateException("process " + process.pid() + " does not end");
    }
  }

  /** Counts in the database. */
  long count(String query) throws SQLException {
    try (Connection connection = store.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }

  void execute(String sql) throws SQLException {
    try (Connection connection = store.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** A query on the watched server; the error's SQLSTATE, or empty when it succeeded. */
  Optional<String> run(String query) {
    try (Connection connection = watched.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(query);
      return Optional.empty();
    } catch (SQLException refused) {
      return Optional.of(String.valueOf(refused.getSQLState()));
    }
  }

  /** Ends every collector and rollout, so that the next case starts from nothing. */
  void reset() throws IOException, InterruptedException {
    for (Process collector : collectors) {
      kill(collector);
    }
    collectors.clear();
    guard.letGo();
    try (Database database = Database.open(store.url())) {
      RolloutStore all = new RolloutStore(database.dataSource());
      all.listActive().forEach(kept -> all.change(kept.rollout(), step(RolloutStage.RETIRED)));
    }
  }

  @Override
  public void close() throws IOException {
    collectors.forEach(each -> each.toHandle().destroyForcibly());
    guard.close();
    watched.close();
    store.close();
  }

  /** A collector that follows the flags until it is killed. */
  public static final class Main {
    private Main() {}

    public static void main(String[] args) throws Exception {
      Collector.start(
          config(
              Path.of(args[0]),
              args[1],
              args[2],
              args[3],
              Duration.parse(args[4]),
              Duration.ofMillis(100)));
      Thread.currentThread().join();
    }
  }
}
