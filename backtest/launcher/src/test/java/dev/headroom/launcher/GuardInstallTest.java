package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.cli.ExitCode;
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
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The guard's whole life in a Postgres: installed, at work after a restart, looked at, taken out.
 * Each time in a copy of one of this machine's installs, whose server runs.
 */
final class GuardInstallTest {

  private static final Duration STOP_TIMEOUT = Duration.ofMinutes(2);
  private static final Pattern PRELOAD = Pattern.compile("LD_PRELOAD = '([^']+)'");
  private static final String HUGE = "SELECT length(repeat('x', 900000000))";
  private static final List<String> VIEWS =
      List.of(
          "headroom_guard_status",
          "headroom_guard_limits",
          "headroom_guard_processes",
          "headroom_guard_contexts",
          "headroom_guard_events");
  private static final Map<String, String> GUARDED =
      Map.of(
          "shared_preload_libraries", "headroom",
          "headroom.static_mode", "enforce",
          "headroom.static_limit", "200MB");

  private Path folder = Path.of("");

  /** Those with server headers; the guard is built against them. */
  static List<PostgresInstall> listInstalls() {
    List<PostgresInstall> found = new ArrayList<>(PostgresInstall.listSystem());
    new DebianTimescaleInstaller(HeadroomHome.locate(Map.of())).find().ifPresent(found::add);
    return found.stream()
        .filter(install -> Files.exists(install.serverHeaders().resolve("pg_config.h")))
        .toList();
  }

  @BeforeAll
  static void needsPostgresAndACompiler() {
    assumeTrue(
        !listInstalls().isEmpty() && Files.isExecutable(Path.of("/usr/bin/make")),
        "needs a Postgres with its server headers and a compiler (Debian: apt-get install postgresql-15"
            + " postgresql-server-dev-15 gcc make libc6-dev)");
    System.setProperty("headroom.root", RepositoryRoot.find().toString());
  }

  @BeforeEach
  void makeFolder() throws IOException {
    // Not one of JUnit's: the server's user must be able to enter it.
    folder = Files.createTempDirectory("headroom-install");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @AfterEach
  void deleteFolder() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("listInstalls")
  void installed_itGuards_andTakenOut_nothingIsLeft(PostgresInstall original) throws Exception {
    PostgresCopy copy = PostgresCopy.of(original, folder.resolve("usr"));
    Set<Path> before = copy.listFiles();
    CommandRun install = guard("install", copy).exits(ExitCode.OK);
    Set<Path> installed = copy.listFiles();
    assertThat(installed.stream().filter(file -> !before.contains(file)).map(Path::getFileName))
        .map(Path::toString)
        .containsExactlyInAnyOrder(
            "libheadroom_guard.so", "headroom.so", "headroom.control", "headroom--1.0.sql");
    assertThat(guard("install", copy).exits(ExitCode.OK).out()).isEqualTo(install.out());
    assertThat(copy.listFiles()).isEqualTo(installed);

    PostgresServer server = server(copy);
    String data = server.dataDirectory().toString();
    try {
      server.initialize("postgres", Optional.empty(), List.of());
      // The files alone change nothing.
      try (Connection session = connect(server.start(ServerOptions.defaults()))) {
        assertThat(query(session, HUGE)).isEqualTo("900000000");
      }
      assertThat(CommandRun.piped("guard", "status").out()).doesNotContain(data);
      server.stop(StopMode.FAST, STOP_TIMEOUT);

      ServerStatus.Running running = server.start(guarded(install));
      try (Connection session = connect(running)) {
        execute(session, "CREATE EXTENSION headroom");
        assertThatThrownBy(() -> execute(session, HUGE)).hasMessageContaining("Headroom's guard");
        assertThat(query(session, "SELECT blocks FROM headroom_guard_status")).isEqualTo("1");
      }
      assertThat(CommandRun.piped("guard", "status").exits(ExitCode.OK).out())
          .containsPattern(Pattern.quote(data) + ".*enforce.*200 MiB");
      assertThat(CommandRun.piped("guard", "status", "--json").exits(ExitCode.OK).out())
          .contains(data, "\"postmaster_pid\" : " + running.pid());

      // A server that has it loaded would not start again.
      assertThat(guard("uninstall", copy).exits(ExitCode.FAILED).err())
          .contains("postmaster " + running.pid() + " on " + data, "nothing was deleted");
      assertThat(copy.listFiles()).isEqualTo(installed);
      server.stop(StopMode.FAST, STOP_TIMEOUT);

      assertThat(guard("uninstall", copy).exits(ExitCode.OK).err())
          .contains("deleted", "libheadroom_guard.so", "headroom--1.0.sql");
      assertThat(copy.listFiles()).isEqualTo(before);
      assertThat(guard("uninstall", copy).exits(ExitCode.OK).err())
          .contains("there was nothing to delete");
      try (Connection session = connect(server.start(ServerOptions.defaults()))) {
        assertThat(query(session, HUGE)).isEqualTo("900000000");
        execute(session, "DROP EXTENSION headroom");
      }
      assertThat(CommandRun.piped("guard", "status").out()).doesNotContain(data);
    } finally {
      server.stop(StopMode.IMMEDIATE, STOP_TIMEOUT);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("listInstalls")
  void extension_showsItsViewsToWhomItMay_andCanBeMovedAndUpdated(PostgresInstall original)
      throws Exception {
    PostgresCopy copy = PostgresCopy.of(original, folder.resolve("usr"));
    CommandRun install = guard("install", copy).exits(ExitCode.OK);
    // A script from the one version that there is to one that there is not yet.
    Files.writeString(
        copy.install().share().resolve("extension/headroom--1.0--1.0next.sql"),
        "CREATE FUNCTION headroom_guard_next() RETURNS text LANGUAGE sql AS $$SELECT 'next'$$;");
    PostgresServer server = server(copy);
    try {
      server.initialize("postgres", Optional.empty(), List.of());
      ServerStatus.Running running = server.start(guarded(install));
      try (Connection superuser = connect(running)) {
        execute(
            superuser,
            "CREATE ROLE worker LOGIN; CREATE ROLE watcher LOGIN IN ROLE pg_monitor;"
                + "GRANT ALL ON DATABASE postgres TO worker");
        try (Connection worker = connect(running, "worker")) {
          assertForbidden(worker, "CREATE EXTENSION headroom");
        }
        execute(superuser, "CREATE SCHEMA guard; CREATE EXTENSION headroom SCHEMA guard");
        assertThat(query(superuser, "SELECT is_active FROM guard.headroom_guard_status"))
            .isEqualTo("t");
        execute(superuser, "ALTER EXTENSION headroom SET SCHEMA public; DROP SCHEMA guard");
        showsItsViewsToWhomItMay(running, superuser);

        assertThat(
                query(
                    superuser,
                    "SELECT string_agg(version, ', ' ORDER BY version)"
                        + " FROM pg_available_extension_versions WHERE name = 'headroom'"))
            .isEqualTo("1.0, 1.0next");
        execute(superuser, "ALTER EXTENSION headroom UPDATE TO '1.0next'");
        assertThat(query(superuser, "SELECT headroom_guard_next()")).isEqualTo("next");
        execute(superuser, "DROP EXTENSION headroom");
        assertThat(
                query(
                    superuser,
                    "SELECT (SELECT count(*) FROM pg_class WHERE relname LIKE 'headroom%')"
                        + " + (SELECT count(*) FROM pg_proc WHERE proname LIKE 'headroom%')"))
            .isEqualTo("0");
      }
    } finally {
      server.stop(StopMode.IMMEDIATE, STOP_TIMEOUT);
    }
    // A version's own script is the guard's too.
    guard("uninstall", copy).exits(ExitCode.OK);
    assertThat(copy.listFiles()).noneMatch(file -> file.toString().contains("headroom"));
  }

  private static void showsItsViewsToWhomItMay(ServerStatus.Running running, Connection superuser)
      throws SQLException {
    try (Connection worker = connect(running, "worker");
        Connection watcher = connect(running, "watcher")) {
      for (String view : VIEWS) {
        execute(superuser, "SELECT * FROM " + view);
        execute(watcher, "SELECT * FROM " + view);
        assertForbidden(worker, "SELECT * FROM " + view);
        assertForbidden(worker, "SELECT * FROM %s()".formatted(view));
      }
      assertForbidden(worker, "SELECT headroom_guard_switch('off')");
      assertForbidden(watcher, "SELECT headroom_guard_switch('off')");
      execute(superuser, "GRANT EXECUTE ON FUNCTION headroom_guard_switch(text) TO worker");
      assertThat(query(worker, "SELECT headroom_guard_switch('shadow')")).isEqualTo("enforce");
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("listInstalls")
  void installThatCannotBe_saysWhatIsMissing_andLeavesNothing(PostgresInstall original)
      throws Exception {
    PostgresCopy copy = PostgresCopy.of(original, folder.resolve("usr"));
    Path scripts = copy.install().share().resolve("extension");
    Path aside = scripts.resolveSibling("aside");
    Files.move(scripts, aside);
    Set<Path> before = copy.listFiles();

    assertThat(guard("install", copy).exits(ExitCode.UNAVAILABLE).err())
        .contains("cannot write", "there is no folder " + scripts);
    assertThat(copy.listFiles()).isEqualTo(before);

    assertThat(
            CommandRun.piped("guard", "install", "--pg-config", folder + "/no/pg_config")
                .exits(ExitCode.UNAVAILABLE)
                .err())
        .contains(folder + "/no/pg_config");
  }

  private static CommandRun guard(String command, PostgresCopy copy) {
    return CommandRun.piped("guard", command, "--pg-config", copy.pgConfig());
  }

  /** With what the installation says to set. */
  private static ServerOptions guarded(CommandRun install) {
    Matcher preload = PRELOAD.matcher(install.out());
    assertThat(preload.find()).as(install.out()).isTrue();
    return ServerOptions.defaults()
        .withSettings(GUARDED)
        .withEnvironment(Map.of("LD_PRELOAD", preload.group(1)));
  }

  private PostgresServer server(PostgresCopy copy) {
    return new PostgresServer(
        copy.install(), folder.resolve("data"), folder.resolve("log"), OsUser.forPostgres());
  }

  private static Connection connect(ServerStatus.Running running) throws SQLException {
    return connect(running, "postgres");
  }

  private static Connection connect(ServerStatus.Running running, String user) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/postgres?user=%s".formatted(running.port(), user));
  }

  private static void assertForbidden(Connection session, String sql) {
    assertThatThrownBy(() -> execute(session, sql))
        .as(sql)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("42501"));
  }

  private static void execute(Connection session, String sql) throws SQLException {
    try (Statement statement = session.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(Connection session, String sql) throws SQLException {
    try (Statement statement = session.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).as(sql).isTrue();
      return String.valueOf(rows.getString(1));
    }
  }
}
