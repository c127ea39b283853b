package dev.headroom.guard.proof;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.embedded.PostgresServer;
import dev.headroom.embedded.ServerOptions;
import dev.headroom.embedded.ServerStatus;
import dev.headroom.embedded.StopMode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeMap;
import java.util.stream.Stream;

/** A throw-away Postgres with the guard preloaded, its extension loaded and its views made. */
final class GuardedPostgres implements AutoCloseable {

  private static final Path BUILD = Path.of("target").toAbsolutePath();
  private static final Path SCRIPT = Path.of("extension/headroom--1.0.sql").toAbsolutePath();
  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(2);
  private static final String LIBRARY = "libheadroom_guard.so";
  private static final String MODULE = "headroom.so";
  private static final String ALLOCATE = "allocate.so";

  private final Path directory;
  private final PostgresServer server;
  private final ServerStatus.Running running;

  private GuardedPostgres(Path directory, PostgresServer server, ServerStatus.Running running) {
    this.directory = directory;
    this.server = server;
    this.running = running;
  }

  /** The Postgres installs of this machine that the extension was built for. */
  static List<PostgresInstall> listInstalls() {
    List<PostgresInstall> found = new ArrayList<>(PostgresInstall.listSystem());
    new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv())).find().ifPresent(found::add);
    Map<Integer, PostgresInstall> byMajor = new TreeMap<>();
    for (PostgresInstall install : found) {
      if (Files.exists(module(install))) {
        byMajor.putIfAbsent(install.majorVersion(), install);
      }
    }
    return List.copyOf(byMajor.values());
  }

  /** Skips the calling test where there is no Postgres to guard. */
  static void assumeInstalled() {
    assumeTrue(
        Files.exists(BUILD.resolve(LIBRARY)) && !listInstalls().isEmpty(),
        "no guard below target: it needs a C compiler, a Postgres and its server headers"
            + " (Debian: apt-get install gcc make libc6-dev postgresql-15 postgresql-server-dev-15)");
  }

  /** With the guard preloaded. */
  static GuardedPostgres start(PostgresInstall install, Map<String, String> settings)
      throws IOException, SQLException {
    return start(install, settings, Optional.of(LIBRARY));
  }

  /** With the extension loaded, but nothing preloaded. */
  static GuardedPostgres startWithoutPreload(PostgresInstall install)
      throws IOException, SQLException {
    return start(install, Map.of(), Optional.empty());
  }

  /** With the extension loaded, and another file of the build preloaded in the guard's place. */
  static GuardedPostgres startWithPreload(PostgresInstall install, String library)
      throws IOException, SQLException {
    return start(install, Map.of(), Optional.of(library));
  }

  private static GuardedPostgres start(
      PostgresInstall install, Map<String, String> settings, Optional<String> preloaded)
      throws IOException, SQLException {
    Path directory = Files.createTempDirectory("headroom-guarded");
    Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
    PostgresServer server =
        new PostgresServer(
            install,
            directory.resolve("data"),
            directory.resolve("server.log"),
            OsUser.forPostgres());
    try {
      // The server's user may not be able to enter the build's folder.
      Path module = copy(module(install), directory);
      server.initialize("postgres", Optional.empty(), List.of());
      Map<String, String> all = new TreeMap<>(settings);
      all.put("shared_preload_libraries", module.toString());
      all.put("fsync", "off");
      ServerOptions options = ServerOptions.defaults().withSettings(all);
      if (preloaded.isPresent()) {
        Path library = copy(BUILD.resolve(preloaded.get()), directory);
        String allocator = findJemalloc().map(path -> " " + path).orElse("");
        options = options.withEnvironment(Map.of("LD_PRELOAD", library + allocator));
      }
      GuardedPostgres postgres = new GuardedPostgres(directory, server, server.start(options));
      postgres.makeViews(module);
      return postgres;
    } catch (IOException | SQLException | RuntimeException e) {
      server.stop(StopMode.IMMEDIATE, STOP_TIMEOUT);
      delete(directory);
      throw e;
    }
  }

  /** What CREATE EXTENSION would run, without writing into the install's own folders. */
  private void makeViews(Path module) throws IOException, SQLException {
    String script =
        Files.readString(SCRIPT)
            .replaceAll("(?m)^\\\\echo.*$", "")
            .replace("MODULE_PATHNAME", module.toString().replaceFirst("\\.so$", ""));
    try (Connection connection = connect()) {
      execute(connection, script);
    }
  }

  /** Makes the functions {@code allocate} and {@code fail} of {@code test/postgres/allocate.c}. */
  void makeAllocateFunctions(Connection superuser) throws IOException, SQLException {
    Path module = copy(built(server.install(), ALLOCATE), directory);
    execute(
        superuser,
        "CREATE FUNCTION allocate(bytes bigint, place text) RETURNS boolean AS '%1$s' LANGUAGE C STRICT;"
                .formatted(module)
            + "CREATE FUNCTION fail(bytes bigint, level text) RETURNS void AS '%s' LANGUAGE C STRICT"
                .formatted(module));
  }

  private static Path module(PostgresInstall install) {
    return built(install, MODULE);
  }

  private static Path built(PostgresInstall install, String file) {
    return BUILD.resolve("pg" + install.majorVersion()).resolve(file);
  }

  private static Path copy(Path file, Path directory) throws IOException {
    Path copy = Files.copy(file, directory.resolve(String.valueOf(file.getFileName())));
    Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
    return copy;
  }

  static Optional<Path> findJemalloc() throws IOException {
    for (Path libraries : List.of(Path.of("/usr/lib"), Path.of("/usr/lib64"))) {
      if (!Files.isDirectory(libraries)) {
        continue;
      }
      try (Stream<Path> files =
          Files.find(libraries, 2, (path, _) -> path.endsWith("libjemalloc.so.2"))) {
        Optional<Path> found = files.findFirst();
        if (found.isPresent()) {
          return found;
        }
      }
    }
    return Optional.empty();
  }

  Connection connect() throws SQLException {
    return connect("postgres", Map.of());
  }

  Connection connect(String user, Map<String, String> properties) throws SQLException {
    Properties all = new Properties();
    all.putAll(properties);
    all.setProperty("user", user);
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/postgres".formatted(running.port()), all);
  }

  long postmasterPid() {
    return running.pid();
  }

  String log() throws IOException {
    return Files.readString(server.log());
  }

  /** Lines of the log that no guarded server may ever have. */
  List<String> listCrashes() throws IOException {
    return log()
        .lines()
        .filter(line -> line.matches(".*(PANIC|terminated by signal|reinitializing|TRAP).*"))
        .toList();
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  /** The first column of the first row, as text. */
  static String query(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      if (!rows.next()) {
        throw new SQLException("no row: " + sql);
      }
      return String.valueOf(rows.getString(1));
    }
  }

  /** Runs what must fail. */
  static SQLException failure(Connection connection, String sql) {
    SQLException thrown = catchThrowableOfType(SQLException.class, () -> execute(connection, sql));
    assertThat((Throwable) thrown).as(sql).isNotNull();
    return thrown;
  }

  static long count(Connection connection, String sql) throws SQLException {
    return Long.parseLong(query(connection, sql));
  }

  @Override
  public void close() throws IOException {
    try {
      server.stop(StopMode.FAST, STOP_TIMEOUT);
    } finally {
      server.stop(StopMode.IMMEDIATE, STOP_TIMEOUT);
      delete(directory);
    }
  }

  private static void delete(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
