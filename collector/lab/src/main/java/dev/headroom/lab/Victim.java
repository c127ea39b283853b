package dev.headroom.lab;

import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresServer;
import dev.headroom.embedded.ServerOptions;
import dev.headroom.embedded.ServerStatus;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/**
 * A Postgres made to be killed: a fresh copy of the template in a cgroup of its own. When the
 * kernel takes the whole server, {@link #awaitReady} starts it again as a container runtime would.
 */
final class Victim implements AutoCloseable {

  static final String USER = "lab";

  private static final String DATABASE = "postgres";
  private static final Duration START_TIMEOUT = Duration.ofSeconds(30);

  /** A killed session's client hears of its end a moment before the postmaster does. */
  private static final long POSTMASTER_NOTICES_MS = 200;

  /**
   * The start of a command that sees a {@code /dev/shm} of its own. Postgres leaks a segment there
   * when it is killed while making one; so it goes with the last process.
   */
  private static final List<String> PRIVATE_SHARED_MEMORY =
      List.of(
          "unshare",
          "--mount",
          "/bin/sh",
          "-c",
          "mount -t tmpfs tmpfs /dev/shm && exec \"$0\" \"$@\"");

  /**
   * Makes every child a likelier victim than the postmaster, as Postgres's documentation advises in
   * "Linux Memory Overcommit". Raising the children needs no privilege; sparing the postmaster
   * would.
   */
  private static final Map<String, String> POSTMASTER_DIES_LAST =
      Map.of("PG_OOM_ADJUST_FILE", "/proc/self/oom_score_adj", "PG_OOM_ADJUST_VALUE", "500");

  private final VictimPlace place;
  private final LabCgroup cgroup;
  private final VictimTemplate template;
  private final PostgresServer server;
  private final ServerOptions options;
  private int port;

  private Victim(VictimPlace place, LabCgroup cgroup, VictimTemplate template, Scenario scenario) {
    this.place = place;
    this.cgroup = cgroup;
    this.template = template;
    this.server = template.server(place.directory());
    this.options =
        ServerOptions.defaults()
            .withSettings(template.settings(scenario.settings()))
            .withEnvironment(POSTMASTER_DIES_LAST)
            .withLaunchPrefix(launchPrefix(cgroup))
            .withStartTimeout(START_TIMEOUT);
  }

  /**
   * Copies the template, starts the server in the cgroup and waits until it accepts connections.
   */
  static Victim start(
      VictimPlace place,
      RunFolder folder,
      LabCgroup cgroup,
      VictimTemplate template,
      Scenario scenario) {
    template.copyTo(place.directory());
    Victim victim = new Victim(place, cgroup, template, scenario);
    folder.recordServer(victim.server.dataDirectory(), victim.server.socketDirectory());
    victim.port = victim.server.start(victim.options).port();
    return victim;
  }

  LabCgroup cgroup() {
    return cgroup;
  }

  VictimPlace place() {
    return place;
  }

  /**
   * Opens a session. Statements are bounded by the server and the socket alike.
   *
   * @param application what {@code pg_stat_activity} shows
   */
  Connection connect(String application) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", USER);
    properties.setProperty("password", template.password());
    properties.setProperty("ApplicationName", application);
    properties.setProperty("connectTimeout", "5");
    properties.setProperty("loginTimeout", "30");
    properties.setProperty("socketTimeout", "60");
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    // No server-side plans but those that a scenario prepares itself.
    properties.setProperty("preferQueryMode", "simple");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, DATABASE), properties);
  }

  /**
   * Waits until the server accepts connections again, after a kill or without one.
   *
   * @throws LabException when it does not within 30 s
   */
  void awaitReady() {
    Pause.ofMillis(POSTMASTER_NOTICES_MS);
    if (server.status() instanceof ServerStatus.Stopped) {
      port = server.start(options).port();
    }
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (!acceptsConnections()) {
      if (System.nanoTime() > deadline) {
        throw new LabException(
            "%s was not ready again within %d s; see %s"
                .formatted(place.name(), START_TIMEOUT.toSeconds(), server.log()));
      }
      Pause.ofMillis(50);
    }
  }

  /** Starts a program that is not Postgres in the server's cgroup. */
  Process startNeighbour(String shellCommand) {
    List<String> command = new ArrayList<>(cgroup.commandPrefix());
    command.addAll(template.user().command(List.of("/bin/sh", "-c", shellCommand)));
    try {
      return new ProcessBuilder(command)
          .redirectErrorStream(true)
          .redirectInput(Path.of("/dev/null").toFile())
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start();
    } catch (IOException e) {
      throw new LabException("cannot start %s: %s".formatted(shellCommand, e), e);
    }
  }

  /** Stops the server in good order, so that it takes its shared memory away. */
  @Override
  public void close() {
    Postmaster.stopAll(List.of(server.dataDirectory()), cgroup.processes());
  }

  /** Gives the disk back; the server must have been stopped. */
  void deleteFiles() {
    RunFolder.deleteTree(server.socketDirectory());
    RunFolder.deleteTree(place.directory());
  }

  private static List<String> launchPrefix(LabCgroup cgroup) {
    List<String> prefix = new ArrayList<>(cgroup.commandPrefix());
    if (OsUser.runningAsRoot()) {
      prefix.addAll(PRIVATE_SHARED_MEMORY);
    }
    return prefix;
  }

  private boolean acceptsConnections() {
    try (Connection connection = connect("headroom-lab")) {
      return connection.isValid(5);
    } catch (SQLException e) {
      return false;
    }
  }
}
