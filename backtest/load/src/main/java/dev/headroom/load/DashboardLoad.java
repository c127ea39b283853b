package dev.headroom.load;

import com.sun.management.OperatingSystemMXBean;
import dev.headroom.embedded.DatabaseUrl;
import dev.headroom.embedded.EmbeddedDatabaseException;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.store.Database;
import dev.headroom.store.DatabaseException;
import dev.headroom.store.ObservationStore;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** The command that makes a fleet and measures the dashboard over it. */
@Command(
    name = "run.sh dashboard",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Makes a fleet in a private TimescaleDB, once, and measures `headroom web` over it: every operation of the API"
          + " with many users at once, memory, live updates, and the first page in a real Chromium.",
      "Fails when an answer is an error, when an event does not arrive, or when memory grows."
    })
final class DashboardLoad implements Callable<Integer> {

  private static final int EVERYTHING_TIMES = 10;
  private static final int LIVE_LISTENERS = 10;
  private static final int LIVE_INCIDENTS = 20;
  private static final Duration WARM_UP = Duration.ofSeconds(15);

  @Option(
      names = "--instances",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Default: ${DEFAULT-VALUE}.")
  private int instances;

  @Option(
      names = "--days",
      paramLabel = "N",
      defaultValue = "30",
      description = "Default: ${DEFAULT-VALUE}.")
  private int days;

  @Option(
      names = "--cadence-s",
      paramLabel = "SECONDS",
      defaultValue = "300",
      description = "From one sample of an instance to the next. Default: ${DEFAULT-VALUE}.")
  private int cadenceS;

  @Option(
      names = "--decision-cadence-s",
      paramLabel = "SECONDS",
      defaultValue = "900",
      description = "From one decision of a policy to the next. Default: ${DEFAULT-VALUE}.")
  private int decisionCadenceS;

  @Option(
      names = "--users",
      paramLabel = "N",
      defaultValue = "50",
      description = "Default: ${DEFAULT-VALUE}.")
  private int users;

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "60",
      description = "How long they use it. Default: ${DEFAULT-VALUE}.")
  private int seconds;

  @Option(
      names = "--think-ms",
      paramLabel = "MS",
      defaultValue = "1000",
      description = "How long a user looks at a page, on average. Default: ${DEFAULT-VALUE}.")
  private int thinkMs;

  @Option(
      names = "--home",
      paramLabel = "FOLDER",
      description = "Where the database is. Default: load in HEADROOM_HOME.")
  private @Nullable Path home;

  @Option(
      names = "--launcher",
      paramLabel = "FILE",
      defaultValue = "bin/headroom",
      description = "The command headroom. Default: ${DEFAULT-VALUE}.")
  private Path launcher = Path.of("bin/headroom");

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "Write the figures there as JSON, too.")
  private @Nullable Path json;

  @Option(
      names = "--fill-only",
      description = "Make the fleet or bring it up to now, and measure nothing.")
  private boolean fillOnly;

  @Option(
      names = "--remove",
      description = "Stop the database, delete the fleet, and do nothing else.")
  private boolean remove;

  private final PrintWriter out = new PrintWriter(System.out, true, StandardCharsets.UTF_8);

  /** Runs the command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new DashboardLoad());
    command.setExecutionExceptionHandler((error, line, parsed) -> {
      if (error instanceof EmbeddedDatabaseException
          || error instanceof DatabaseException
          || error instanceof IllegalStateException
          || error instanceof IllegalArgumentException) {
        line.getErr().println(error.getMessage());
        return 1;
      }
      throw error;
    });
    System.exit(command.execute(arguments));
  }

  private void say(String line) {
    System.err.println(line);
  }

  @Override
  public Integer call() throws InterruptedException, IOException {
    Path folder =
        home == null ? HeadroomHome.locate(System.getenv()).directory().resolve("load") : home;
    FleetPlan plan =
        new FleetPlan(
            instances, days, Duration.ofSeconds(cadenceS), Duration.ofSeconds(decisionCadenceS), 1);
    FleetDatabase fleet = FleetDatabase.in(folder, System.getenv(), this::say);
    if (remove) {
      fleet.remove();
      say("the fleet in " + folder + " is gone");
      return 0;
    }
    Optional<String> made = fleet.findPlan();
    if (made.isPresent() && !made.get().equals(plan.toString())) {
      throw new IllegalArgumentException(
          "the fleet in %s is another one: %s; give its options, another --home, or --remove it first"
              .formatted(folder, made.get()));
    }
    if (made.isEmpty()) {
      // What an earlier run left unfinished.
      fleet.remove();
    }
    try (fleet) {
      return run(fleet, plan, made.isPresent());
    }
  }

  private int run(FleetDatabase fleet, FleetPlan plan, boolean isThere)
      throws InterruptedException, IOException {
    DatabaseUrl url = fleet.start();
    try (Database database = Database.open(url.jdbc())) {
      FleetFiller filler = new FleetFiller(url.jdbc(), database, plan, this::say);
      say(isThere ? "bringing the fleet up to now" : "making the fleet");
      FleetHistory history = isThere ? filler.bringUpToDate() : filler.fill();
      try (UserTokens made = UserTokens.make(database, Math.max(users, LIVE_LISTENERS));
          WebProcess web =
              WebProcess.start(
                  launcher.toAbsolutePath(),
                  url.jdbc(),
                  fleet.folder(),
                  fleet.folder().resolve("web.log"));
          DashboardClient client = new DashboardClient(web.url())) {
        List<String> tokens = made.secrets();
        say("headroom web serves at " + web.url());
        say("a backtest of " + FleetFiller.recordingName(0));
        UUID job = filler.keepRuns(client, tokens.getFirst());
        if (!isThere) {
          fleet.markFilled(plan);
        }
        if (fillOnly) {
          say(filler.count().toString());
          return 0;
        }
        Subjects subjects = Subjects.read(url.jdbc(), List.of(job));
        LoadReport report = measure(web, client, subjects, tokens, database, filler, history, url);
        out.println(report.text());
        if (json != null) {
          Files.writeString(json, report.json());
        }
        return report.problems().isEmpty() ? 0 : 1;
      }
    }
  }

  private LoadReport measure(
      WebProcess web,
      DashboardClient client,
      Subjects subjects,
      List<String> tokens,
      Database database,
      FleetFiller filler,
      FleetHistory history,
      DatabaseUrl url)
      throws InterruptedException {
    Crowd crowd = new Crowd(client, subjects, Operation.listDocumented(), tokens.subList(0, users));
    LiveProbe probe =
        new LiveProbe(
            client,
            tokens.subList(0, Math.min(LIVE_LISTENERS, tokens.size())),
            new ObservationStore(database.dataSource()),
            history.members().getFirst());
    try {
      say("warming up");
      crowd.use(WARM_UP, Duration.ofMillis(thinkMs));
      say("the first page");
      Optional<PageProbe.FirstPage> page = PageProbe.measure(client.url(), tokens.getFirst());
      say("every operation by itself");
      Measurements everything = crowd.askForEverything(EVERYTHING_TIMES);
      say("live updates");
      LiveProbe.Latency live = probe.measure(LIVE_INCIDENTS, Duration.ofMillis(130));
      List<WebProcess.Memory> memory = new ArrayList<>();
      memory.add(web.memory());
      say("%d users for %d s".formatted(users, seconds));
      Duration half = Duration.ofMillis(seconds * 500L);
      CompletableFuture<LiveProbe.Latency> liveUnderLoad =
          CompletableFuture.supplyAsync(() -> probeUnderLoad(probe));
      long begin = System.nanoTime();
      CompletableFuture<WebProcess.Memory> middle =
          CompletableFuture.supplyAsync(
              web::memory,
              CompletableFuture.delayedExecutor(half.toMillis(), TimeUnit.MILLISECONDS));
      Measurements load = crowd.use(half.multipliedBy(2), Duration.ofMillis(thinkMs));
      double took = (System.nanoTime() - begin) / 1e9;
      memory.add(middle.get());
      LiveProbe.Latency underLoad = liveUnderLoad.get();
      memory.add(web.memory());
      List<Measurements.Row> rows = load.rows();
      return new LoadReport(
          Runtime.getRuntime().availableProcessors(),
          machineMemoryBytes(),
          "%d instances, %d days, a sample every %d s, a decision every %d s"
              .formatted(instances, days, cadenceS, decisionCadenceS),
          filler.count(),
          users,
          seconds,
          thinkMs,
          rows.stream().mapToInt(Measurements.Row::requests).sum() / took,
          everything.rows(),
          rows,
          memory.stream().map(WebProcess.Memory::heapBytes).toList(),
          memory.stream().map(WebProcess.Memory::residentBytes).toList(),
          live,
          underLoad,
          page.orElse(null),
          problems(everything, load, memory, live, underLoad));
    } catch (ExecutionException e) {
      throw new IllegalStateException("measuring failed: " + e.getCause(), e);
    } finally {
      removeKills(url.jdbc(), probe.storedKills());
    }
  }

  private LiveProbe.Latency probeUnderLoad(LiveProbe probe) {
    try {
      return probe.measure(
          LIVE_INCIDENTS, Duration.ofMillis(Math.max(0, seconds * 1_000L / LIVE_INCIDENTS - 700)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while listening", e);
    }
  }

  private static List<String> problems(
      Measurements everything,
      Measurements load,
      List<WebProcess.Memory> memory,
      LiveProbe.Latency live,
      LiveProbe.Latency underLoad) {
    List<String> problems = new ArrayList<>();
    problems.addAll(everything.problems());
    problems.addAll(load.problems());
    long grown = memory.getLast().heapBytes() - memory.getFirst().heapBytes();
    if (grown > LoadReport.HEAP_GROWTH_BYTES) {
      problems.add(
          "the heap grew by %d MiB, more than %d"
              .formatted(grown >> 20, LoadReport.HEAP_GROWTH_BYTES >> 20));
    }
    if (live.lost() + underLoad.lost() > 0) {
      problems.add(live.lost() + underLoad.lost() + " events did not arrive within ten seconds");
    }
    return problems;
  }

  private static long machineMemoryBytes() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
  }

  /** Also when measuring failed: they would be taken for the fleet's. */
  private static void removeKills(String jdbcUrl, List<UUID> kills) {
    try (Connection connection = DriverManager.getConnection(jdbcUrl);
        PreparedStatement delete =
            connection.prepareStatement("DELETE FROM headroom.oom_kill WHERE kill_id = ANY (?)")) {
      delete.setArray(1, connection.createArrayOf("uuid", kills.toArray()));
      delete.executeUpdate();
    } catch (SQLException e) {
      throw new IllegalStateException(
          "the kills that were made up to measure by stay in the database: " + e.getMessage(), e);
    }
  }
}
