package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Real servers of the private install, in a folder with spaces in its name. */
class PostgresServerTest {

  private static final Duration SECONDS = Duration.ofSeconds(30);
  private static final ServerOptions TIMESCALE =
      ServerOptions.defaults().withSettings(Map.of("shared_preload_libraries", "timescaledb"));

  private Path directory = Path.of("");
  private PostgresServer server = serverIn(directory);

  @BeforeEach
  void makeServer() throws IOException {
    directory = SharedInstall.makeDirectory("it's a \\ server");
    server = serverIn(directory);
  }

  @AfterEach
  void removeServer() {
    server.stop(StopMode.IMMEDIATE, SECONDS);
    assertThat(server.socketDirectory()).doesNotExist();
    DirectoryTree.delete(directory);
  }

  private static PostgresServer serverIn(Path directory) {
    return new PostgresServer(
        SharedInstall.get(),
        directory.resolve("data"),
        directory.resolve("server.log"),
        OsUser.forPostgres());
  }

  @Test
  void hypertable_survivesKillOfPostmaster() throws SQLException {
    server.initialize("headroom", Optional.of("secret"), List.of("headroom"));
    ServerStatus.Running first = server.start(TIMESCALE);
    try (Connection connection = connect(first, "headroom");
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE EXTENSION timescaledb");
      statement.execute("CREATE TABLE sample (at timestamptz NOT NULL, bytes bigint)");
      statement.execute("SELECT create_hypertable('sample', by_range('at'))");
      statement.execute(
          "INSERT INTO sample SELECT now() - i * interval '1 hour', i FROM generate_series(1, 1000) i");
      kill(first.pid());
    }

    ServerStatus.Running second = server.start(TIMESCALE);

    assertThat(second.pid()).isNotEqualTo(first.pid());
    // 1 + 2 + … + 1000 = 500,500
    assertThat(query(second, "headroom", "SELECT count(*) || ' ' || sum(bytes) FROM sample"))
        .isEqualTo("1000 500500");
  }

  @Test
  void backendThatOutlivesItsPostmaster_doesNotKeepTheNextStartOut() throws Exception {
    server.initialize("headroom", Optional.empty(), List.of());
    ServerStatus.Running first = server.start(ServerOptions.defaults());
    Thread busy =
        Thread.ofVirtual()
            .start(() ->
                assertThatThrownBy(() ->
                        query(
                            first,
                            "postgres",
                            "SELECT count(*) FROM generate_series(1, 100000000000)"))
                    .isInstanceOf(SQLException.class));
    awaitBusyBackend(first);
    kill(first.pid());

    ServerStatus.Running second = server.start(ServerOptions.defaults());

    assertThat(query(second, "postgres", "SELECT 1")).isEqualTo("1");
    busy.join();
  }

  @Test
  void pidGivenToAnotherProcessSinceAReboot_isNotTakenForTheServer() throws Exception {
    server.initialize("headroom", Optional.empty(), List.of());
    ServerStatus.Running first = server.start(ServerOptions.defaults());
    server.stop(StopMode.FAST, SECONDS);
    Path pidFile = server.dataDirectory().resolve("postmaster.pid");
    Files.writeString(
        pidFile,
        "%d\n%s\n1700000000\n%d\n/run\n127.0.0.1\n1 2\nready\n"
            .formatted(ProcessHandle.current().pid(), server.dataDirectory(), first.port()));

    assertThat(server.status()).isEqualTo(new ServerStatus.Stopped());
    server.stop(StopMode.FAST, SECONDS);
    assertThat(server.start(ServerOptions.defaults()).port()).isEqualTo(first.port());
  }

  @Test
  void launchPrefixAndEnvironment_reachTheServer() throws Exception {
    server.initialize("headroom", Optional.empty(), List.of());
    Path marker = directory.resolve("launched");
    ServerStatus.Running running =
        server.start(
            ServerOptions.defaults()
                .withEnvironment(Map.of("HEADROOM_PROBE", "of the lab"))
                .withSettings(Map.of("cluster_name", "it's", "log_line_prefix", "a\\b "))
                .withLaunchPrefix(
                    List.of(
                        "/bin/sh",
                        "-c",
                        "echo $$ > \"$1\"; shift; exec \"$@\"",
                        "sh",
                        marker.toString())));

    // The prefix ran as the very process that became the server.
    assertThat(Files.readString(marker).strip()).isEqualTo(Long.toString(running.pid()));
    assertThat(Files.readString(Path.of("/proc/" + running.pid() + "/environ")))
        .contains("HEADROOM_PROBE=of the lab\0");
    assertThat(query(running, "postgres", "SHOW cluster_name")).isEqualTo("it's");
    assertThat(query(running, "postgres", "SHOW log_line_prefix")).isEqualTo("a\\b ");
  }

  @Test
  void wrongSetting_isQuotedFromTheLog() {
    server.initialize("headroom", Optional.empty(), List.of());

    assertThatThrownBy(() ->
            server.start(ServerOptions.defaults().withSettings(Map.of("shared_bufers", "1GB"))))
        .isInstanceOf(EmbeddedDatabaseException.class)
        .hasMessageContaining("shared_bufers")
        .hasMessageContaining(server.log().toString());
    assertThat(server.status()).isEqualTo(new ServerStatus.Stopped());
  }

  @Test
  void takenPort_isAnErrorWhenGivenAndAvoidedWhenRemembered() throws IOException {
    server.initialize("headroom", Optional.empty(), List.of());
    int port = server.start(ServerOptions.defaults()).port();
    server.stop(StopMode.FAST, SECONDS);
    try (ServerSocket taken = new ServerSocket(port, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      assertThatThrownBy(
              () -> server.start(ServerOptions.defaults().withPort(taken.getLocalPort())))
          .hasMessageContaining("Address already in use");

      assertThat(server.start(ServerOptions.defaults()).port()).isNotEqualTo(port);
    }
  }

  @Test
  void databaseOfAnotherMajorVersion_isAnErrorWithBothVersions() throws IOException {
    Files.createDirectories(server.dataDirectory());
    Files.writeString(server.dataDirectory().resolve("PG_VERSION"), "9\n");

    assertThatThrownBy(() -> server.start(ServerOptions.defaults()))
        .hasMessageContaining("PostgreSQL 9 ")
        .hasMessageContaining("PostgreSQL 17");
    DirectoryTree.delete(server.dataDirectory());
  }

  @Test
  void longPath_getsAShortSocketFolder() throws Exception {
    Path deep = Files.createDirectory(directory.resolve("d".repeat(120)));
    PostgresServer deepServer = serverIn(deep);
    deepServer.initialize("headroom", Optional.empty(), List.of());
    try {
      ServerStatus.Running running = deepServer.start(ServerOptions.defaults());

      assertThat(running.socketDirectory()).contains(deepServer.socketDirectory());
      assertThat(deepServer.socketDirectory()).startsWith(Path.of("/tmp"));
      assertThat(query(running, "postgres", "SELECT 1")).isEqualTo("1");
    } finally {
      deepServer.stop(StopMode.IMMEDIATE, SECONDS);
    }
    assertThat(deepServer.socketDirectory()).doesNotExist();
  }

  private static void awaitBusyBackend(ServerStatus.Running running) throws Exception {
    for (int i = 0; i < 200; i++) {
      String busy =
          query(
              running,
              "postgres",
              "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%100000000000%' AND pid <> pg_backend_pid()");
      if (busy.equals("1")) {
        return;
      }
      Thread.sleep(50);
    }
    throw new AssertionError("the busy query did not start within 10 s");
  }

  private static void kill(long pid) {
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
  }

  private static String query(ServerStatus.Running server, String database, String sql)
      throws SQLException {
    try (Connection connection = connect(server, database);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  private static Connection connect(ServerStatus.Running server, String database)
      throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/%s".formatted(server.port(), database),
        "headroom",
        "secret");
  }
}
