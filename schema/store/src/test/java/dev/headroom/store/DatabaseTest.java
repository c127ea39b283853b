package dev.headroom.store;

import static dev.headroom.store.TestSql.execute;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.store.DatabaseException.Reason;
import java.io.IOException;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;

class DatabaseTest {

  @Test
  void aServerThatIsNotThere_isUnavailable() throws IOException {
    int freePort;
    try (ServerSocket socket = new ServerSocket(0)) {
      freePort = socket.getLocalPort();
    }
    String url = "jdbc:postgresql://127.0.0.1:" + freePort + "/headroom?user=u&password=secret";

    assertOpening(url, Reason.UNAVAILABLE, "127.0.0.1:" + freePort);
    assertThatThrownBy(() -> Database.open(url)).message().doesNotContain("secret");
  }

  @Test
  void aDatabaseThatIsNotThere_isNamed() {
    String url = TestServer.PLAIN.emptyDatabase().replaceFirst("/test_\\d+", "/missing");

    assertOpening(url, Reason.NO_SUCH_DATABASE, "missing");
  }

  @Test
  void aUserWhoIsNotThere_isDenied() {
    String url = TestServer.PLAIN.emptyDatabase().replace("user=postgres", "user=stranger");

    assertOpening(url, Reason.ACCESS_DENIED, "stranger");
  }

  @Test
  void aDatabaseWithoutSchema_asksForAMigration() {
    assertOpening(
        TestServer.PLAIN.emptyDatabase(), Reason.NOT_MIGRATED, "run: headroom db migrate");
  }

  @Test
  void anOlderSchema_asksForAMigration_andANewerOneForANewerProgram() {
    String url = TestServer.PLAIN.migratedDatabase();
    try (Database database = Database.open(url)) {
      execute(
          database.dataSource(),
          "DELETE FROM headroom.schema_history WHERE version = '0"
              + SchemaMigration.LATEST_VERSION
              + "'");
      assertOpening(url, Reason.NOT_MIGRATED, "run: headroom db migrate");

      execute(
          database.dataSource(),
          "INSERT INTO headroom.schema_history SELECT 999, '999', description, type, script, checksum, installed_by, installed_on, execution_time, success FROM headroom.schema_history WHERE version = '001'");
      assertOpening(url, Reason.SCHEMA_TOO_NEW, "version 999");
    }
  }

  @Test
  void aUrlOfAnotherKind_isRefused_withAnExample() {
    assertOpening(
        "mysql://localhost/x?password=secret", Reason.REFUSED, "jdbc:postgresql://localhost");
  }

  private static void assertOpening(String url, Reason reason, String words) {
    assertThatThrownBy(() -> Database.open(url).close())
        .hasMessageContaining(words)
        .isInstanceOfSatisfying(
            DatabaseException.class, error -> assertThat(error.reason()).isEqualTo(reason));
  }
}
