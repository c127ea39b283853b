package dev.headroom.lab;

import dev.headroom.collector.guard.GuardStatus;
import dev.headroom.collector.guard.GuardView;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresServer;
import dev.headroom.embedded.ServerOptions;
import dev.headroom.embedded.ServerStatus;
import dev.headroom.model.GuardMode;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;

/**
 * A Postgres made to be killed: a fresh copy of the template in a cgroup of its own. When the
 * kernel takes the whole server, {@link #awaitReady} starts it again as a container runtime would.
 */
final class Victim implements AutoCloseable {

  static final String USER = "lab";

  private static final String DATABASE = "postgres";
  private static final ProcFs PROC = new ProcFs(Path.of("/proc"));
  private static final Duration START_TIMEOUT = Duration.ofSeconds(90);

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

  private final VictimPlace place;
  private final LabCgroup cgroup;
  private final VictimTemplate template;
  private final PostgresServer server;
  private final ServerOptions options;
  private int port;

  private Victim(
      VictimPlace place, LabCgroup cgroup, VictimTemplate template, Map<String, String> settings) {
    this.place = place;
    this.cgroup = cgroup;
    this.template = template;
    this.server = template.server(place.directory());
    this.options =
        ServerOptions.defaults()
            .withSettings(template.settings(settings))
            .withEnvironment(template.environment())
            .withLaunchPrefix(launchPrefix(cgroup))
            .withStartTimeout(START_TIMEOUT);
  }

  /**
   * Copies the template, starts the server in the cgroup and waits until it accepts connections.
   *
   * @param settings its own, which win over every victim's
   */
  static Victim start(
      VictimPlace place,
      RunFolder folder,
      LabCgroup cgroup,
      VictimTemplate template,
      Map<String, String> settings) {
    template.copyTo(place.directory());
    Victim victim = new Victim(place, cgroup, template, settings);
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
    properties.setProperty("connectTimeout", "30");
    properties.setProperty("loginTimeout", "60");
    properties.setProperty("socketTimeout", "180");
    properties.setProperty("sslmode", "disable");
    properties.setProperty("gssEncMode", "disable");
    // No server-side plans but those that a scenario prepares itself.
    properties.setProperty("preferQueryMode", "simple");
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(port, DATABASE), properties);
  }

  /** The processes of the cgroup now, without the postmaster. */
  List<OwnProcess> listChildren() {
    Optional<Long> postmaster = Postmaster.readPid(server.dataDirectory());
    return cgroup.processes().stream()
        .filter(pid -> !postmaster.equals(Optional.of(pid)))
        .flatMap(pid -> OwnProcess.find(pid).stream())
        .toList();
  }

  /**
   * Waits until the postmaster has heard of a kill: a killed session's client does so a moment
   * earlier, and may still find the old server.
   *
   * @param childrenBefore of which the postmaster leaves none alive
   * @throws LabException when one of them lives on for 90 s
   */
  void awaitCrash(List<OwnProcess> childrenBefore) {
    if (!OwnProcess.awaitEnd(childrenBefore, START_TIMEOUT)) {
      throw new LabException(
          "the kernel killed in %s, and %d s later its processes still ran; see %s"
              .formatted(place.name(), START_TIMEOUT.toSeconds(), server.log()));
    }
  }

  /**
   * Waits until the server accepts connections again, after a kill or without one.
   *
   * @throws LabException when it does not within 90 s
   */
  void awaitReady() {
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

  /** What its guard says; empty without one, and where the server does not run. */
  Optional<GuardStatus> findGuardStatus() {
    Optional<Long> postmaster = Postmaster.readPid(server.dataDirectory());
    if (template.guard() == null || postmaster.isEmpty()) {
      return Optional.empty();
    }
    try (GuardView view = GuardView.open(PROC, Math.toIntExact(postmaster.get())).orElse(null)) {
      return Optional.ofNullable(view).map(GuardView::status);
    } catch (IOException e) {
      throw new LabException(
          "cannot read the guard of %s: %s".formatted(place.name(), e.getMessage()), e);
    }
  }

  /**
   * Waits until the collector has told the guard what to do.
   *
   * @throws LabException when it has not within 90 s
   */
  void awaitGuard(GuardMode mode) {
    long deadline = System.nanoTime() + START_TIMEOUT.toNanos();
    while (findGuardStatus().filter(status -> isIn(mode, status)).isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new LabException(
            "the guard of %s was not told to be in mode %s within %d s; it says %s"
                .formatted(place.name(), mode, START_TIMEOUT.toSeconds(), findGuardStatus()));
      }
      Pause.ofMillis(50);
    }
  }

  private static boolean isIn(GuardMode mode, GuardStatus status) {
    return status.mode() == mode
        && !status.leaseExpired()
        && (mode != GuardMode.ENFORCE || status.limit().isPresent());
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
