package dev.headroom.store;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;

/** One plain Postgres for all tests of this JVM; each caller gets an empty database of its own. */
final class TestDatabase {

  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final EmbeddedPostgres SERVER = start();

  private TestDatabase() {}

  /** The URL of a new database with the current schema. */
  static String migrated() {
    String url = empty();
    try (Database database = Database.connect(url)) {
      SchemaMigration.migrate(database.dataSource());
    }
    return url;
  }

  /** The URL of a new database without a schema. */
  static String empty() {
    String name = "test_" + COUNT.incrementAndGet();
    execute(SERVER.getPostgresDatabase(), "CREATE DATABASE " + name);
    return SERVER.getJdbcUrl("postgres", name);
  }

  static void execute(DataSource dataSource, String sql) {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** The first column of every row. */
  static List<String> query(DataSource dataSource, String sql) {
    List<String> values = new ArrayList<>();
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        values.add(rows.getString(1));
      }
      return values;
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  static long count(DataSource dataSource, String table) {
    return Long.parseLong(query(dataSource, "SELECT count(*) FROM headroom." + table).getFirst());
  }

  private static EmbeddedPostgres start() {
    try {
      EmbeddedPostgres server = EmbeddedPostgres.builder().setServerConfig("fsync", "off").start();
      Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(server)));
      return server;
    } catch (IOException e) {
      throw new AssertionError("the embedded Postgres did not start", e);
    }
  }

  private static void stop(EmbeddedPostgres server) {
    try {
      server.close();
    } catch (IOException e) {
      throw new AssertionError("the embedded Postgres did not stop", e);
    }
  }
}
