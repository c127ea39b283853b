package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.collector.Collector;
import dev.headroom.collector.CollectorConfig;
import dev.headroom.collector.InstanceSelection;
import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.capture.OomSourceKind;
import dev.headroom.collector.sampling.Cadence;
import dev.headroom.embedded.DatabaseLocation;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.HeadroomHome;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code headroom collect}: the collector of this node, until it is told to stop. */
@Command(
    name = "collect",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Samples every Postgres of this node, captures OOM kills and stores both, until Ctrl-C.",
    footer = {
      "",
      "Without a database everything stays in the spool until one is given.",
      "With one, guards do what the rollouts say (docs/flags.md), unless --guard or --flags says otherwise.",
      "Example: headroom collect --query-text --metrics-port 9187",
      "         headroom collect --guard enforce --limit talk --shadow-limit 'low: memory_max * 0.5'"
    })
final class CollectCommand implements Callable<Integer> {

  private final Terminal terminal;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  @Option(
      names = "--spool-only",
      description = "Store nothing in a database; keep everything in the spool.")
  private boolean spoolOnly;

  @Option(
      names = "--instances",
      paramLabel = "FILE",
      description =
          "YAML list of the instances to watch, with labels. Default: every Postgres of the node.")
  private @Nullable Path instances;

  @Option(
      names = "--node",
      paramLabel = "NAME",
      description = "This node's name. Default: the host name.")
  private @Nullable String node;

  @Option(
      names = "--state",
      paramLabel = "FOLDER",
      description = "Where the spool is. Default: `collector` in Headroom's home.")
  private @Nullable Path state;

  @Option(
      names = "--capture",
      paramLabel = "SOURCE",
      description =
          "Take only this source of kills: ${COMPLETION-CANDIDATES}. Default: the best that works.")
  private @Nullable OomSourceKind capture;

  @Option(names = "--no-capture", description = "Capture no kills.")
  private boolean noCapture;

  @Option(
      names = "--keep-capture",
      description =
          "On a clean stop leave the kernel recording, so that the next start misses no kill.")
  private boolean keepCapture;

  @Option(
      names = "--capture-name",
      paramLabel = "NAME",
      description = "Names what is left in the kernel; one collector per name. Default: headroom.")
  private @Nullable String captureName;

  @Option(
      names = "--query-text",
      description = "Keep the texts of statements, not only their fingerprints.")
  private boolean queryText;

  @Option(
      names = "--slow-ms",
      paramLabel = "MS",
      description = "The wait between samples when memory is calm. Default: 1000.")
  private @Nullable Long slowMs;

  @Option(
      names = "--fast-ms",
      paramLabel = "MS",
      description = "The wait between samples near the limit. Default: 100.")
  private @Nullable Long fastMs;

  @Option(
      names = "--metrics-port",
      paramLabel = "PORT",
      description = "Serve Prometheus metrics on this loopback port; 0 takes a free one.")
  private @Nullable Integer metricsPort;

  @Mixin private final GuardPlanOption guard = new GuardPlanOption();

  @Mixin private final SteeringOption steering = new SteeringOption();

  CollectCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    // What a collector does is worth a line each; the other commands only log what is wrong.
    if (System.getenv("HEADROOM_LOG_LEVEL") == null) {
      System.setProperty("HEADROOM_LOG_LEVEL", "INFO");
    }
    Collector collector = start(config());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(collector), "collector-shutdown"));
    collector
        .findMetricsPort()
        .ifPresent(port -> terminal.say("metrics: http://127.0.0.1:" + port + "/metrics"));
    // Only a signal ends a collector; the shutdown hook then closes it.
    new CountDownLatch(1).await();
    return ExitCode.OK;
  }

  private static Collector start(CollectorConfig config) {
    try {
      return Collector.start(config);
    } catch (IOException e) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE, "the collector cannot run: " + e.getMessage(), e);
    }
  }

  private void stop(Collector collector) {
    int exitCode = ExitCode.OK;
    try {
      collector.close();
      terminal.say("the collector stopped");
    } catch (IOException e) {
      terminal.say("the collector stopped, but not cleanly: " + e.getMessage());
      exitCode = ExitCode.FAILED;
    }
    // A signal is how it is meant to end; the JVM would call that a failure.
    Runtime.getRuntime().halt(exitCode);
  }

  private CollectorConfig config() {
    CollectorConfig config;
    try {
      config = withoutDatabase();
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
    return steering.addTo(config.withDatabaseUrl(databaseUrl()));
  }

  private CollectorConfig withoutDatabase() {
    HeadroomHome home = HeadroomHome.locate(System.getenv());
    CollectorConfig config =
        CollectorConfig.of(state == null ? home.directory().resolve("collector") : state)
            .withCadence(cadence())
            .withCapture(captureOptions())
            .withKeepQueryText(queryText)
            .withMetricsPort(metricsPort)
            .withGuard(guard.plan());
    if (node != null) {
      config = config.withNode(node);
    }
    return instances == null ? config : config.withInstances(read(instances));
  }

  private static InstanceSelection read(Path file) {
    try {
      return InstanceSelection.read(file);
    } catch (IOException e) {
      throw new CommandFailure(ExitCode.USAGE, "cannot read the instances: " + e.getMessage(), e);
    }
  }

  private Cadence cadence() {
    return new Cadence(
        slowMs == null ? Cadence.DEFAULT.slow() : Duration.ofMillis(slowMs),
        fastMs == null ? Cadence.DEFAULT.fast() : Duration.ofMillis(fastMs));
  }

  private @Nullable CaptureOptions captureOptions() {
    if (noCapture) {
      return null;
    }
    CaptureOptions options =
        CaptureOptions.defaults().withForced(capture).withKeepRecording(keepCapture);
    return captureName == null ? options : options.withName(captureName);
  }

  private @Nullable String databaseUrl() {
    if (spoolOnly) {
      return null;
    }
    HeadroomDatabase located = database.locate();
    if (located.location() instanceof DatabaseLocation.UrlGiven given) {
      // It may be away now: the spool waits for it.
      return given.url().jdbc();
    }
    try (OpenDatabase open = OpenDatabase.start(located, terminal)) {
      return open.url().jdbc();
    }
  }
}
