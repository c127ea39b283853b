package dev.headroom.embedded;

import java.io.Console;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * TimescaleDB in a container with a named volume, published on a free port of 127.0.0.1. The image
 * can be replaced by {@code HEADROOM_DB_IMAGE}, for a registry of one's own.
 */
final class ContainerDatabase implements HeadroomDatabase {

  static final String CONTAINER = "headroom-timescaledb";
  private static final String DEFAULT_IMAGE = "timescale/timescaledb:2.19.3-pg17";
  private static final Duration QUICK = Duration.ofSeconds(30);
  private static final Duration PULL = Duration.ofMinutes(15);
  private static final Duration READY = Duration.ofMinutes(2);
  private static final Duration POLL = Duration.ofMillis(250);
  private static final Pattern PUBLISHED = Pattern.compile("127\\.0\\.0\\.1:(\\d+)");

  private final HeadroomHome home;
  private final DatabaseLocation.Container location;
  private final String image;

  ContainerDatabase(HeadroomHome home, DatabaseLocation.Container location) {
    this(
        home,
        location,
        Optional.ofNullable(System.getenv("HEADROOM_DB_IMAGE")).orElse(DEFAULT_IMAGE));
  }

  ContainerDatabase(HeadroomHome home, DatabaseLocation.Container location, String image) {
    this.home = home;
    this.location = location;
    this.image = image;
  }

  @Override
  public DatabaseLocation location() {
    return location;
  }

  @Override
  public DatabaseUrl start(Progress progress) {
    HeadroomHome.createDirectories(home.database());
    try (DirectoryLock _ =
        DirectoryLock.acquire(home.directory().resolve("database.lock"), progress)) {
      if (!exists()) {
        progress.step("creating the container %s from %s".formatted(CONTAINER, image));
        DatabaseOrigin.CONTAINER.write(home);
        ExternalCommand.of(runCommand(), PULL)
            .with(Map.of("POSTGRES_PASSWORD", DatabasePassword.make(home)))
            .runOrThrow("creating the container " + CONTAINER);
      } else if (findPort().isEmpty()) {
        engine(QUICK, "start", CONTAINER).runOrThrow("starting the container " + CONTAINER);
      }
      awaitReady();
      return url();
    }
  }

  @Override
  public void stop() {
    if (findPort().isPresent()) {
      engine(PULL, "stop", CONTAINER).runOrThrow("stopping the container " + CONTAINER);
    }
  }

  @Override
  public DatabaseStatus status() {
    return exists()
        ? new DatabaseStatus.InContainer(CONTAINER, findPort())
        : new DatabaseStatus.NotCreated(location);
  }

  @Override
  public Optional<DatabaseUrl> findUrl() {
    return findPort()
        .map(port -> DatabaseUrl.loopback(port, NAME, NAME, DatabasePassword.get(home)));
  }

  @Override
  public Path resettable() {
    return home.database();
  }

  @Override
  public void reset(Path confirmed) {
    if (!confirmed.equals(resettable())) {
      throw new IllegalArgumentException(
          "a reset deletes %s, but %s was confirmed".formatted(resettable(), confirmed));
    }
    if (exists()) {
      engine(QUICK, "rm", "--force", CONTAINER).runOrThrow("removing the container " + CONTAINER);
      engine(QUICK, "volume", "rm", CONTAINER).runOrThrow("removing the volume " + CONTAINER);
    }
    DirectoryTree.delete(home.database());
  }

  @Override
  public PsqlCommand psqlCommand(List<String> arguments) {
    DatabaseUrl url = url();
    Optional<Path> own = ExternalCommand.find("psql");
    if (own.isPresent()) {
      return PsqlCommand.of(own.get().toString(), url, arguments);
    }
    List<String> command =
        new ArrayList<>(List.of(location.engine().toString(), "exec", "--interactive"));
    if (Optional.ofNullable(System.console()).filter(Console::isTerminal).isPresent()) {
      command.add("--tty");
    }
    command.addAll(List.of(CONTAINER, "psql", "--username=" + NAME, "--dbname=" + NAME));
    command.addAll(arguments);
    return new PsqlCommand(command, Map.of());
  }

  /** The password is handed over in the engine's environment: a command line is public. */
  private List<String> runCommand() {
    return List.of(
        location.engine().toString(),
        "run",
        "--detach",
        "--name=" + CONTAINER,
        "--publish=127.0.0.1::5432",
        "--env=POSTGRES_USER=" + NAME,
        "--env=POSTGRES_DB=" + NAME,
        "--env=POSTGRES_PASSWORD",
        "--volume=" + CONTAINER + ":/var/lib/postgresql/data",
        "--shm-size=256m",
        image,
        "-c",
        "jit=off",
        "-c",
        "timescaledb.telemetry_level=off");
  }

  private void awaitReady() {
    long deadline = System.nanoTime() + READY.toNanos();
    // Over TCP: while the image sets itself up, a server answers on the Unix socket only.
    ExternalCommand isReady =
        engine(QUICK, "exec", CONTAINER, "pg_isready", "--host=127.0.0.1", "--username=" + NAME);
    while (!isReady.run().succeeded()) {
      if (System.nanoTime() > deadline) {
        throw new EmbeddedDatabaseException(
            "the container %s was not ready within %d s; its log ends with:%n%s"
                .formatted(
                    CONTAINER,
                    READY.toSeconds(),
                    ExternalCommand.tail(engine(QUICK, "logs", CONTAINER).run().output())));
      }
      try {
        Thread.sleep(POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new EmbeddedDatabaseException("interrupted while waiting for " + CONTAINER, e);
      }
    }
  }

  private boolean exists() {
    return engine(QUICK, "container", "inspect", CONTAINER).run().succeeded();
  }

  /** The engine tells a port only for a running container. */
  private Optional<Integer> findPort() {
    ExternalCommand.Result result = engine(QUICK, "port", CONTAINER, "5432/tcp").run();
    Matcher matcher = PUBLISHED.matcher(result.output());
    return result.succeeded() && matcher.find()
        ? Optional.of(Integer.valueOf(matcher.group(1)))
        : Optional.empty();
  }

  private ExternalCommand engine(Duration timeout, String... arguments) {
    List<String> command = new ArrayList<>(List.of(location.engine().toString()));
    command.addAll(List.of(arguments));
    return ExternalCommand.of(command, timeout);
  }
}
