package dev.headroom.embedded;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/**
 * How to start one Postgres server.
 *
 * @param settings names and values for postgresql.conf, unquoted; they win over the defaults
 * @param environment added to the environment of the server, and of no program on the way to it,
 *     for example {@code LD_PRELOAD}
 * @param launchPrefix command that ends by executing its arguments in place, put before everything
 *     else and run as the calling user. A caller moves the server into a cgroup with {@code sh -c
 *     'echo $$ > …/cgroup.procs && exec "$@"' sh}.
 * @param port wanted port; a free one when empty
 * @param startTimeout longest wait for "ready", crash recovery included
 */
public record ServerOptions(
    Map<String, String> settings,
    Map<String, String> environment,
    List<String> launchPrefix,
    OptionalInt port,
    Duration startTimeout) {

  public ServerOptions {
    settings = Map.copyOf(settings);
    environment = Map.copyOf(environment);
    launchPrefix = List.copyOf(launchPrefix);
  }

  /** Defaults: a free port, two minutes. */
  public static ServerOptions defaults() {
    return new ServerOptions(
        Map.of(), Map.of(), List.of(), OptionalInt.empty(), Duration.ofMinutes(2));
  }

  public ServerOptions withSettings(Map<String, String> newSettings) {
    return new ServerOptions(newSettings, environment, launchPrefix, port, startTimeout);
  }

  public ServerOptions withEnvironment(Map<String, String> newEnvironment) {
    return new ServerOptions(settings, newEnvironment, launchPrefix, port, startTimeout);
  }

  public ServerOptions withLaunchPrefix(List<String> newPrefix) {
    return new ServerOptions(settings, environment, newPrefix, port, startTimeout);
  }

  public ServerOptions withPort(int newPort) {
    return new ServerOptions(
        settings, environment, launchPrefix, OptionalInt.of(newPort), startTimeout);
  }

  public ServerOptions withStartTimeout(Duration newTimeout) {
    return new ServerOptions(settings, environment, launchPrefix, port, newTimeout);
  }
}
