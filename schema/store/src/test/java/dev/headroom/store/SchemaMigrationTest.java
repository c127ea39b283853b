package dev.headroom.store;

import static dev.headroom.store.TestSql.execute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.flywaydb.core.api.MigrationState;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SchemaMigrationTest {

  @Test
  void latestVersion_isThatOfTheNewestMigration() {
    try (Database database = Database.connect(TestServer.PLAIN.emptyDatabase())) {
      assertThat(
              SchemaMigration.info(database.dataSource()).stream()
                  .map(SchemaMigration.Step::version)
                  .filter(Objects::nonNull)
                  .max(Integer::compare))
          .contains(SchemaMigration.LATEST_VERSION);
    }
  }

  @ParameterizedTest
  @EnumSource(TestServer.class)
  void migrating_twice_changesNothingTheSecondTime(TestServer server) {
    try (Database database = Database.connect(server.emptyDatabase())) {
      assertThat(SchemaMigration.migrate(database.dataSource())).isPositive();
      assertThat(SchemaMigration.migrate(database.dataSource())).isZero();
      assertThat(SchemaMigration.info(database.dataSource()))
          .allSatisfy(step -> assertThat(step.state()).isEqualTo(MigrationState.SUCCESS));
    }
  }

  @ParameterizedTest
  @EnumSource(TestServer.class)
  void twoMigrations_atOnce_areApplied_once(TestServer server) throws Exception {
    String url = server.emptyDatabase();
    try (Database one = Database.connect(url);
        Database other = Database.connect(url);
        ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Future<Integer> first = threads.submit(() -> SchemaMigration.migrate(one.dataSource()));
      Future<Integer> second = threads.submit(() -> SchemaMigration.migrate(other.dataSource()));

      int applied = first.get(60, TimeUnit.SECONDS) + second.get(60, TimeUnit.SECONDS);
      assertThat(applied).isEqualTo(SchemaMigration.info(one.dataSource()).size());
    }
  }

  @Test
  void aUserWhoMayNotCreateRoles_isToldWhatASuperuserHasToRun() {
    String url = TestServer.PLAIN.emptyDatabase();
    try (Database superuser = Database.connect(url)) {
      List<String> users =
          TestSql.query(
              superuser.dataSource(),
              "SELECT rolname FROM pg_roles WHERE rolname IN ('headroom_collector', 'headroom_reader', 'headroom_operator')");
      // The roles belong to the server and other tests use them, so they step aside by name.
      String renamed = users.isEmpty() ? "" : "ALTER ROLE headroom_reader RENAME TO aside;";
      String back = users.isEmpty() ? "" : "ALTER ROLE aside RENAME TO headroom_reader;";
      execute(
          superuser.dataSource(),
          renamed
              + "DROP ROLE IF EXISTS plain_user; CREATE ROLE plain_user LOGIN;"
              + "GRANT CREATE ON DATABASE "
              + url.replaceFirst(".*/(\\w+)\\?.*", "$1")
              + " TO plain_user");
      try (Database database = Database.connect(url.replace("user=postgres", "user=plain_user"))) {
        assertThatThrownBy(() -> SchemaMigration.migrate(database.dataSource()))
            .isInstanceOf(DatabaseException.class)
            .hasMessageContaining("may not create the role")
            .hasMessageContaining("CREATE ROLE headroom_reader NOLOGIN");
      } finally {
        execute(superuser.dataSource(), back + "SELECT 1");
      }
    }
  }
}
