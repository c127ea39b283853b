package dev.headroom.lab;

import dev.headroom.embedded.OsUser;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.embedded.PostgresServer;
import dev.headroom.embedded.ServerOptions;
import dev.headroom.embedded.StopMode;
import dev.headroom.model.InstanceId;
import dev.headroom.store.Database;
import dev.headroom.store.SchemaMigration;
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
import java.util.TreeMap;

/** The database that a collector stores into: a real server that can be stopped and started. */
final class LabDatabase implements AutoCloseable {

  private final PostgresServer server;
  private ServerOptions options;
  private final int port;

  private LabDatabase(PostgresServer server, ServerOptions options) {
    this.server = server;
    this.port = server.start(options).port();
    this.options = options.withPort(port);
  }

  /** Starts a server with the product's schema in a folder. */
  static LabDatabase start(Path directory, PostgresInstall install) {
    PostgresServer server =
        new PostgresServer(
            install,
            directory.resolve("data"),
            directory.resolve("server.log"),
            OsUser.forPostgres());
    server.initialize("headroom", Optional.empty(), List.of());
    Map<String, String> settings =
        install.hasTimescaledb()
            ? Map.of("fsync", "off", "shared_preload_libraries", "timescaledb")
            : Map.of("fsync", "off");
    LabDatabase started = new LabDatabase(server, ServerOptions.defaults().withSettings(settings));
    try (Database database = Database.connect(started.url())) {
      SchemaMigration.migrate(database.dataSource());
    }
    return started;
  }

  String url() {
    return "jdbc:postgresql://127.0.0.1:%d/postgres?user=headroom".formatted(port);
  }

  void stop() {
    server.stop(StopMode.IMMEDIATE, Duration.ofSeconds(20));
  }

  void startAgain() {
    server.start(options);
  }

  /** How many kills are stored for each instance. */
  Map<InstanceId, Long> killsByInstance() throws SQLException {
    Map<InstanceId, Long> kills = new TreeMap<>();
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT instance_id, count(*) FROM headroom.oom_kill GROUP BY instance_id")) {
      while (rows.next()) {
        kills.put(InstanceId.parse(rows.getString(1)), rows.getLong(2));
      }
    }
    return kills;
  }

  /** The number that a query gives. */
  long number(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getLong(1);
    }
  }

  @Override
  public void close() {
    stop();
  }
}
