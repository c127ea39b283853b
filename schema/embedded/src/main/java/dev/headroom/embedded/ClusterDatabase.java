package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A server of our own on a Postgres with TimescaleDB, of the machine or private. */
final class ClusterDatabase implements HeadroomDatabase {

  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(1);

  /**
   * Modest: the collector's rows arrive in batches and reads are few. Postgres' defaults for what
   * is not named, so every commit is on disk. ALTER SYSTEM overrides each of these.
   */
  private static final Map<String, String> SETTINGS =
      Map.ofEntries(
          Map.entry("shared_preload_libraries", "timescaledb"),
          Map.entry("timescaledb.telemetry_level", "off"),
          Map.entry("timescaledb.max_background_workers", "8"),
          Map.entry("max_worker_processes", "16"),
          Map.entry("max_connections", "60"),
          Map.entry("max_locks_per_transaction", "256"),
          Map.entry("shared_buffers", "128MB"),
          Map.entry("work_mem", "16MB"),
          Map.entry("maintenance_work_mem", "64MB"),
          Map.entry("huge_pages", "off"),
          Map.entry("jit", "off"),
          Map.entry("cluster_name", NAME),
          Map.entry("log_checkpoints", "off"),
          Map.entry("log_line_prefix", "%m [%p] %u@%d "));

  private final HeadroomHome home;
  private final DatabaseLocation location;
  private final DebianTimescaleInstaller installer;

  ClusterDatabase(HeadroomHome home, DatabaseLocation location) {
    this.home = home;
    this.location = location;
    this.installer = new DebianTimescaleInstaller(home);
  }

  /** Major version of the database in a home, which only the same version can run. */
  static Optional<Integer> findMajorVersion(HeadroomHome home) {
    Path file = data(home).resolve("PG_VERSION");
    try {
      return Files.exists(file)
          ? Optional.of(Integer.valueOf(Files.readString(file).strip()))
          : Optional.empty();
    } catch (IOException | NumberFormatException e) {
      throw new EmbeddedDatabaseException("cannot read " + file + ": " + e, e);
    }
  }

  @Override
  public DatabaseLocation location() {
    return location;
  }

  @Override
  public DatabaseUrl start(Progress progress) {
    PostgresInstall install = findInstall().orElseGet(() -> installer.install(progress));
    HeadroomHome.createDirectories(home.database());
    try (DirectoryLock _ = lock(progress)) {
      OsUser user = OsUser.forPostgres();
      user.requireAccess(install.bin());
      PostgresServer server = server(install, user);
      String password;
      if (server.status() instanceof ServerStatus.NotInitialized) {
        progress.step("creating the database in " + home.database());
        DatabaseOrigin.of(location).write(home);
        password = DatabasePassword.make(home);
        server.initialize(NAME, Optional.of(password), List.of(NAME));
      } else {
        password = DatabasePassword.get(home);
      }
      ServerStatus.Running running = server.start(ServerOptions.defaults().withSettings(SETTINGS));
      return DatabaseUrl.loopback(running.port(), NAME, NAME, password);
    }
  }

  @Override
  public void stop() {
    if (!Files.isDirectory(home.database())) {
      return;
    }
    try (DirectoryLock _ = lock(Progress.silent())) {
      findServer().ifPresent(server -> server.stop(StopMode.FAST, STOP_TIMEOUT));
    }
  }

  @Override
  public DatabaseStatus status() {
    Optional<PostgresServer> found = findServer();
    if (found.isEmpty()) {
      return new DatabaseStatus.NotCreated(location);
    }
    PostgresServer server = found.get();
    return switch (server.status()) {
      case ServerStatus.NotInitialized ignored -> new DatabaseStatus.NotCreated(location);
      case ServerStatus.Stopped ignored ->
          new DatabaseStatus.Stopped(
              server.dataDirectory(), DirectoryTree.sizeBytes(server.dataDirectory()));
      case ServerStatus.InTransition(long pid) -> new DatabaseStatus.InTransition(pid);
      case ServerStatus.Running running ->
          new DatabaseStatus.Running(
              running.pid(),
              running.port(),
              running.socketDirectory(),
              server.dataDirectory(),
              server.log(),
              server.install(),
              DirectoryTree.sizeBytes(server.dataDirectory()),
              running.startedAt());
    };
  }

  @Override
  public Optional<DatabaseUrl> findUrl() {
    return findServer()
        .map(PostgresServer::status)
        .filter(ServerStatus.Running.class::isInstance)
        .map(ServerStatus.Running.class::cast)
        .map(running ->
            DatabaseUrl.loopback(running.port(), NAME, NAME, DatabasePassword.get(home)));
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
    stop();
    if (!Files.isDirectory(home.database())) {
      return;
    }
    try (DirectoryLock _ = lock(Progress.silent())) {
      // Out of the way in one step, so that a cut-off reset leaves no half database.
      Path doomed = home.directory().resolve("database.deleted");
      DirectoryTree.delete(doomed);
      Files.move(home.database(), doomed, StandardCopyOption.ATOMIC_MOVE);
      DirectoryTree.delete(doomed);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot delete " + home.database() + ": " + e, e);
    }
  }

  @Override
  public PsqlCommand psqlCommand(List<String> arguments) {
    DatabaseUrl url = url();
    Path psql = findInstall().orElseThrow().program("psql");
    String program = Files.isExecutable(psql) ? psql.toString() : "psql";
    return PsqlCommand.of(program, url, arguments);
  }

  private DirectoryLock lock(Progress progress) {
    return DirectoryLock.acquire(home.directory().resolve("database.lock"), progress);
  }

  private Optional<PostgresInstall> findInstall() {
    return location instanceof DatabaseLocation.MachineTimescale(PostgresInstall install)
        ? Optional.of(install)
        : installer.find();
  }

  /** Looks only: makes neither the install nor the user. */
  private Optional<PostgresServer> findServer() {
    if (!Files.isDirectory(data(home))) {
      return Optional.empty();
    }
    return findInstall().map(install -> server(install, OsUser.expected()));
  }

  private PostgresServer server(PostgresInstall install, OsUser user) {
    return new PostgresServer(install, data(home), home.log(), user);
  }

  private static Path data(HeadroomHome home) {
    return home.database().resolve("data");
  }
}
