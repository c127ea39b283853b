package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The real database from first start to reset, in a home of its own over the shared install. */
class HeadroomDatabaseTest {

  private HeadroomHome home = new HeadroomHome(Path.of("unset"));
  private HeadroomDatabase database = openOver(home);

  @BeforeEach
  void makeHome() throws IOException {
    home = new HeadroomHome(SharedInstall.makeDirectory("home"));
    database = openOver(home);
  }

  @AfterEach
  void removeHome() {
    database.stop();
    DirectoryTree.delete(home.directory());
  }

  private static HeadroomDatabase openOver(HeadroomHome home) {
    return HeadroomDatabase.open(home, new DatabaseLocation.MachineTimescale(SharedInstall.get()));
  }

  @Test
  void lifecycle_keepsDataOverStopAndLosesItOnReset() throws Exception {
    assertThat(database.status()).isInstanceOf(DatabaseStatus.NotCreated.class);
    assertThatThrownBy(database::url).hasMessageContaining("headroom db start");

    DatabaseUrl url = database.start(Progress.silent());
    execute(url, "CREATE EXTENSION timescaledb");
    execute(url, "CREATE TABLE kept (id int)");
    execute(url, "INSERT INTO kept VALUES (7)");

    DatabaseStatus.Running running = (DatabaseStatus.Running) database.status();
    assertThat(ProcessHandle.of(running.pid())).isPresent();
    assertThat(running.install().timescaledbVersion()).contains(query(url, extensionVersion()));
    assertThat(running.install().edition().orElseThrow().license())
        .isEqualTo(query(url, "SHOW timescaledb.license"));
    assertThat(running.sizeBytes()).isGreaterThan(1 << 20);
    assertThat(running.uptime(Instant.now())).isLessThan(java.time.Duration.ofMinutes(5));
    assertThat(database.url()).isEqualTo(url);
    assertThat(database.start(Progress.silent())).isEqualTo(url);

    database.stop();
    database.stop();
    assertThat(database.status()).isInstanceOf(DatabaseStatus.Stopped.class);
    assertThat(PostmasterFile.isPostmaster(running.pid(), running.dataDirectory())).isFalse();

    DatabaseUrl again = database.start(Progress.silent());
    assertThat(query(again, "SELECT id FROM kept")).isEqualTo("7");

    assertThatThrownBy(() -> database.reset(Path.of("/")))
        .isInstanceOf(IllegalArgumentException.class);
    database.reset(database.resettable());
    assertThat(database.status()).isInstanceOf(DatabaseStatus.NotCreated.class);
    assertThat(home.database()).doesNotExist();

    DatabaseUrl fresh = database.start(Progress.silent());
    assertThat(query(fresh, "SELECT count(*) FROM pg_class WHERE relname = 'kept'")).isEqualTo("0");
  }

  @Test
  void settings_areDurableAndClosedToTheNetwork() throws Exception {
    DatabaseUrl url = database.start(Progress.silent());

    assertThat(query(url, "SHOW fsync")).isEqualTo("on");
    assertThat(query(url, "SHOW data_checksums")).isEqualTo("on");
    assertThat(query(url, "SHOW jit")).isEqualTo("off");
    assertThat(query(url, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
    assertThat(query(url, "SHOW shared_preload_libraries")).isEqualTo("timescaledb");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(home.database().resolve("password"))))
        .isEqualTo("rw-------");
    DatabaseUrl wrong =
        new DatabaseUrl(
            url.hosts(), url.database(), url.user(), Optional.of("wrong"), url.parameters());
    assertThatThrownBy(() -> query(wrong, "SELECT 1"))
        .isInstanceOf(SQLException.class)
        .hasMessageContaining("password authentication failed");
    assertThat(Files.readString(home.log())).doesNotContain("WARNING");
  }

  @Test
  void start_byTwoAtOnce_makesOneServer() throws Exception {
    HeadroomDatabase other = openOver(home);
    try (ExecutorService threads = Executors.newFixedThreadPool(2)) {
      Callable<DatabaseUrl> first = () -> database.start(Progress.silent());
      Callable<DatabaseUrl> second = () -> other.start(Progress.silent());
      List<Future<DatabaseUrl>> urls = threads.invokeAll(List.of(first, second));

      assertThat(urls.get(0).get()).isEqualTo(urls.get(1).get());
    }
  }

  @Test
  void psqlCommand_connectsWithoutThePasswordInItsArguments() throws Exception {
    DatabaseUrl url = database.start(Progress.silent());

    PsqlCommand psql = database.psqlCommand(List.of("-AtXc", "SELECT 6 * 7"));

    assertThat(psql.command()).noneMatch(word -> word.contains(url.password().orElseThrow()));
    ProcessBuilder builder = new ProcessBuilder(psql.command()).redirectErrorStream(true);
    builder.environment().putAll(psql.environment());
    Process process = builder.start();
    assertThat(
            new String(
                process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8))
        .isEqualTo("42\n");
    assertThat(process.waitFor()).isZero();
  }

  private static String extensionVersion() {
    return "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'";
  }

  private static void execute(DatabaseUrl url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url.jdbc());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(DatabaseUrl url, String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection(url.jdbc());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }
}
