package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
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
  private PostgresServer server =
      new PostgresServer(SharedInstall.get(), directory, directory, OsUser.forPostgres());

  @BeforeEach
  void makeServer() throws IOException {
    directory = SharedInstall.makeDirectory("server");
    server =
        new PostgresServer(
            SharedInstall.get(),
            directory.resolve("data"),
            directory.resolve("server.log"),
            OsUser.forPostgres());
  }

  @AfterEach
  void removeServer() {
    server.stop(StopMode.IMMEDIATE, SECONDS);
    DirectoryTree.delete(directory);
  }

  @Test
  void hypertable_survivesKillOfPostmaster() throws SQLException {
    server.initialize("headroom", Optional.of("secret"), List.of("headroom"));
    ServerStatus.Running first = server.start(TIMESCALE);
    try (Connection connection = connect(first);
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
    try (Connection connection = connect(second);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SELECT count(*), sum(bytes) FROM sample")) {
      assertThat(rows.next()).isTrue();
      assertThat(rows.getLong(1)).isEqualTo(1000);
      assertThat(rows.getLong(2)).isEqualTo(1000 * 1001 / 2);
    }
  }

  private static void kill(long pid) {
    ProcessHandle process = ProcessHandle.of(pid).orElseThrow();
    process.destroyForcibly();
    process.onExit().join();
  }

  private static Connection connect(ServerStatus.Running server) throws SQLException {
    return DriverManager.getConnection(
        "jdbc:postgresql://127.0.0.1:%d/headroom".formatted(server.port()), "headroom", "secret");
  }
}
