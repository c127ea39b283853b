package dev.headroom.launcher;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.headroom.cli.BacktestRunner;
import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.DatabaseOption;
import dev.headroom.cli.ExitCode;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.RecordingSource;
import dev.headroom.cli.StoredRuns;
import dev.headroom.cli.Terminal;
import dev.headroom.cli.TimeSpan;
import dev.headroom.embedded.DatabaseLocation;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.engine.backtest.BacktestConfig;
import dev.headroom.engine.backtest.BacktestResult;
import dev.headroom.web.WebConfig;
import dev.headroom.web.WebException;
import dev.headroom.web.WebParts;
import dev.headroom.web.WebServer;
import dev.headroom.web.backtest.BacktestEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code headroom web}: the dashboard, its API and flags for other programs, until told to stop.
 */
@Command(
    name = "web",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Serves the dashboard, its API, and flags over OFREP, and looks after the rollouts, until"
            + " Ctrl-C. Without tokens it answers this machine only.",
    footer = {
      "",
      "Example: headroom web",
      "         headroom web --bind 0.0.0.0 --tokens --behind-proxy    (a proxy with TLS in front)"
    })
final class WebCommand implements Callable<Integer> {

  /** As often as `rollout watch` looks unless told otherwise. */
  private static final Duration CONTROLLER_TICK = Duration.ofSeconds(10);

  private final Terminal terminal;

  @Mixin private final DatabaseOption database = new DatabaseOption();

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8480",
      description = "Listen on this port; 0 takes a free one. Default: ${DEFAULT-VALUE}.")
  private int port;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      defaultValue = "127.0.0.1",
      description = "Listen on this address. Default: ${DEFAULT-VALUE}, this machine only.")
  private String bind = "";

  @Option(
      names = "--tokens",
      description =
          "Ask every caller for a token, on this machine too; `headroom token create` makes them.")
  private boolean tokens;

  @Option(
      names = "--behind-proxy",
      description =
          "A proxy that ends TLS stands in front. Needed for other addresses than this machine's.")
  private boolean behindProxy;

  @Option(
      names = "--for",
      paramLabel = "DURATION",
      description = "Ends after so long. Default: it goes on until it is stopped.")
  private @Nullable String length;

  @Option(
      names = "--stop-database",
      description =
          "When it ends, stop the database too, whoever started it. One that is given by URL is not"
              + " its to stop.")
  private boolean stopDatabase;

  WebCommand(Terminal terminal) {
    this.terminal = terminal;
  }

  @Override
  public Integer call() throws InterruptedException {
    WebConfig config = config();
    Duration limit = TimeSpan.parseIfGiven("--for", length);
    HeadroomDatabase located = database.locate();
    if (stopDatabase && located.location() instanceof DatabaseLocation.UrlGiven given) {
      throw CommandFailure.usage("--stop-database cannot stop " + given.describe());
    }
    OpenDatabase open = OpenDatabase.start(located, terminal);
    WebServer server;
    try {
      server =
          WebServer.start(config, new WebParts(open.database(), open.url().jdbc(), engine(open)));
    } catch (WebException e) {
      open.close();
      throw new CommandFailure(ExitCode.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
    ControllerLoop controller =
        ControllerLoop.start(
            open,
            CONTROLLER_TICK,
            failure -> terminal.say("the rollouts are not looked after, trying again: " + failure));
    Runtime.getRuntime()
        .addShutdownHook(new Thread(() -> stop(server, controller, open, located), "web-shutdown"));
    terminal.print(server.url());
    terminal.say("the dashboard is at " + server.url() + "; Ctrl-C ends it");
    // A signal ends it, or its time does; the shutdown hook then closes it.
    new CountDownLatch(1).await(limit == null ? Long.MAX_VALUE : limit.toNanos(), NANOSECONDS);
    return ExitCode.OK;
  }

  /** Backtests as `backtest run` does them, with its cache and kept like its own. */
  private BacktestEngine engine(OpenDatabase open) {
    return (recording, candidates, progress) -> {
      Instant startedAt = Instant.now();
      BacktestResult result =
          new BacktestRunner(terminal)
              .run(
                  new RecordingSource.Stored(recording, false, open.recordings()),
                  candidates,
                  BacktestConfig.DEFAULT,
                  progress);
      return StoredRuns.save(open.backtests(), result, startedAt);
    };
  }

  private WebConfig config() {
    try {
      return WebConfig.of(bind, port, tokens, behindProxy);
    } catch (IllegalArgumentException e) {
      throw new CommandFailure(ExitCode.USAGE, String.valueOf(e.getMessage()), e);
    }
  }

  private void stop(
      WebServer server, ControllerLoop controller, OpenDatabase open, HeadroomDatabase located) {
    try {
      server.close();
      controller.close();
      open.close();
      terminal.say("the dashboard stopped");
    } finally {
      if (stopDatabase) {
        located.stop();
        terminal.say("the database is stopped");
      }
    }
    // A signal is how it is meant to end; the JVM would call that a failure.
    Runtime.getRuntime().halt(ExitCode.OK);
  }
}
