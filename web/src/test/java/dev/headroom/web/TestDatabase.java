package dev.headroom.web;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.TemporaryServer;
import dev.headroom.store.Database;
import dev.headroom.store.SchemaMigration;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The servers that the web process is tested on, each started once for all tests of this JVM and
 * migrated once: every caller gets a copy of that database.
 */
enum TestDatabase {

  /** The private TimescaleDB from Debian's packages; where it cannot be had, tests are skipped. */
  TIMESCALE {
    @Override
    String startServer() {
      DebianTimescaleInstaller installer =
          new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()));
      if (installer.find().isEmpty()) {
        List<String> obstacles = installer.listObstacles();
        assumeTrue(obstacles.isEmpty(), () -> "no private TimescaleDB here: " + obstacles);
      }
      return TemporaryServer.start(installer.install(_ -> {}), "web-test");
    }
  },

  /** Postgres without TimescaleDB. */
  PLAIN {
    @Override
    String startServer() throws IOException {
      // It stops and deletes itself when the JVM ends.
      EmbeddedPostgres server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
      return "jdbc:postgresql://localhost:" + server.getPort() + "/%s?user=postgres";
    }
  };

  private static final String TEMPLATE = "web_template";

  private static final AtomicInteger COPIES = new AtomicInteger();
  private static final Map<TestDatabase, String> URL_FORMATS = new EnumMap<>(TestDatabase.class);

  /** The superuser's URL, with a gap for the database. */
  abstract String startServer() throws IOException;

  /** The URL of a new database with the current schema. */
  String migrated() {
    synchronized (URL_FORMATS) {
      String format = URL_FORMATS.computeIfAbsent(this, TestDatabase::start);
      String name = "web_" + COPIES.incrementAndGet();
      create(format, name + " TEMPLATE " + TEMPLATE);
      return format.formatted(name);
    }
  }

  private String start() {
    try {
      String format = startServer();
      create(format, TEMPLATE);
      try (Database template = Database.connect(format.formatted(TEMPLATE))) {
        SchemaMigration.migrate(template.dataSource());
      }
      return format;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void create(String format, String database) {
    try (Database admin = Database.connect(format.formatted("postgres"));
        Connection connection = admin.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE DATABASE " + database);
    } catch (SQLException e) {
      throw new AssertionError(e);
    }
  }
}
