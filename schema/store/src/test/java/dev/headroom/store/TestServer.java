package dev.headroom.store;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.TemporaryServer;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The servers that the stores are tested on, each started once for all tests of this JVM. Every
 * caller gets a database of its own.
 */
enum TestServer {

  /** Postgres without TimescaleDB, from Maven Central. */
  PLAIN {
    @Override
    String start() throws IOException {
      EmbeddedPostgres server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
      // It stops and deletes itself when the JVM ends.
      return "jdbc:postgresql://localhost:" + server.getPort() + "/%s?user=postgres";
    }
  },

  /** The private TimescaleDB from Debian's packages, the Apache edition. */
  TIMESCALE_APACHE {
    @Override
    String start() throws IOException {
      DebianTimescaleInstaller installer =
          new DebianTimescaleInstaller(HeadroomHome.locate(System.getenv()));
      if (installer.find().isEmpty()) {
        List<String> obstacles = installer.listObstacles();
        assumeTrue(obstacles.isEmpty(), () -> "no private TimescaleDB here: " + obstacles);
      }
      return TemporaryServer.start(installer.install(message -> {}), "store-test");
    }
  };

  private static final AtomicInteger COUNT = new AtomicInteger();

  private static final Map<TestServer, String> TEMPLATES = new ConcurrentHashMap<>();
  private static final Map<TestServer, String> URL_FORMATS = new ConcurrentHashMap<>();

  /** Starts the server; returns the URL of the superuser with a gap for the database. */
  abstract String start() throws IOException;

  /** The URL of a new database without a schema. */
  String emptyDatabase() {
    return createDatabase("");
  }

  /** The URL of a new database with the current schema. */
  String migratedDatabase() {
    return createDatabase(" TEMPLATE " + TEMPLATES.computeIfAbsent(this, TestServer::template));
  }

  private static String template(TestServer server) {
    String url = server.emptyDatabase();
    try (Database database = Database.connect(url)) {
      SchemaMigration.migrate(database.dataSource());
      return TestSql.query(database.dataSource(), "SELECT current_database()").getFirst();
    }
  }

  private String createDatabase(String options) {
    String name = "test_" + COUNT.incrementAndGet();
    try (Database postgres = Database.connect(url("postgres"))) {
      TestSql.execute(postgres.dataSource(), "CREATE DATABASE " + name + options);
    }
    return url(name);
  }

  private String url(String database) {
    return URL_FORMATS.computeIfAbsent(this, TestServer::startOrFail).formatted(database);
  }

  private static String startOrFail(TestServer server) {
    try {
      return server.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
