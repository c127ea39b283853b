package dev.headroom.collector.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.PrivatePostgres;
import dev.headroom.store.Database;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The upkeep of a real database. */
class DatabaseUpkeepTest {

  private static final String OLD_EVENT =
      "insert into headroom.collector_event (occurred_at, node_name, kind)"
          + " values (now() - interval '20 years', 'n', 'start')";

  @Test
  void upkeep_refreshesAndDropsWithTheCollectorsRole() throws Exception {
    try (PrivatePostgres server = PrivatePostgres.start(1L << 30, "shared_buffers=32MB")) {
      migrate(server);
      execute(
          server,
          "create role ann login; grant headroom_collector to ann; create role bob login;"
              + " update headroom.retention set keep = '1 year'"
              + " where table_name = 'collector_event'; "
              + OLD_EVENT);
      try (DatabaseUpkeep one = new DatabaseUpkeep(as(server, "ann"));
          DatabaseUpkeep other = new DatabaseUpkeep(as(server, "ann"));
          DatabaseUpkeep stranger = new DatabaseUpkeep(as(server, "bob"));
          ExecutorService threads = Executors.newFixedThreadPool(2)) {
        assertThatThrownBy(stranger::refreshRollups)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("permission denied");
        assertThat(count(server, "select count(*) from headroom.collector_event")).isEqualTo(1);

        Future<Boolean> first = threads.submit(bothOf(one));
        Future<Boolean> second = threads.submit(bothOf(other));
        assertThat(first.get(60, TimeUnit.SECONDS)).isTrue();
        assertThat(second.get(60, TimeUnit.SECONDS)).isTrue();
      }

      assertThat(count(server, "select count(*) from headroom.collector_event")).isZero();
      assertThat(
              count(
                  server,
                  "select count(*) from headroom.rollup"
                      + " where refreshed_to < now() - interval '4 hours'"))
          .isZero();
      server.stopServer();
      try (DatabaseUpkeep absent = new DatabaseUpkeep(as(server, "ann"))) {
        assertThatThrownBy(absent::applyRetention)
            .isInstanceOf(IOException.class)
            .hasMessageContaining("connecting to");
      }
    }
  }

  private static Callable<Boolean> bothOf(DatabaseUpkeep upkeep) {
    return () -> {
      upkeep.refreshRollups();
      upkeep.applyRetention();
      return true;
    };
  }

  private static void migrate(PrivatePostgres server) {
    try (Database database = Database.connect(server.url())) {
      assertThat(SchemaMigration.migrate(database.dataSource())).isPositive();
    }
  }

  private static String as(PrivatePostgres server, String user) {
    return server.url().replace("user=alice", "user=" + user);
  }

  private static void execute(PrivatePostgres server, String sql) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static long count(PrivatePostgres server, String query) throws SQLException {
    try (Connection connection = server.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }
}
