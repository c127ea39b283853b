package dev.headroom.collector;

import static org.assertj.core.api.Assertions.assertThat;

import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.collector.capture.OomSources;
import dev.headroom.store.Database;
import dev.headroom.store.SchemaMigration;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A Postgres to watch and a database to store in, and collectors as processes of their own that can
 * be killed. Closing ends the servers, and what a killed collector left at work in the kernel.
 */
final class WatchedServers implements AutoCloseable {

  private final Path folder;
  private final String pins;
  private final PrivatePostgres watched;
  private final PrivatePostgres store;

  private WatchedServers(Path folder, String pins, PrivatePostgres watched, PrivatePostgres store) {
    this.folder = folder;
    this.pins = pins;
    this.watched = watched;
    this.store = store;
  }

  /**
   * Starts the database beside a server that runs; the test is skipped where that is not possible.
   *
   * @param folder for the state of collectors
   * @param pins what the collectors' capture is called in the kernel; no other test has it
   */
  static WatchedServers start(Path folder, String pins, PrivatePostgres watched)
      throws IOException {
    PrivatePostgres store;
    try {
      store = PrivatePostgres.start(1L << 30, "shared_buffers=32MB");
    } catch (IOException | RuntimeException failed) {
      watched.close();
      throw failed;
    }
    WatchedServers servers = new WatchedServers(folder, pins, watched, store);
    try (Database database = Database.connect(store.url())) {
      assertThat(SchemaMigration.migrate(database.dataSource())).isPositive();
    } catch (RuntimeException failed) {
      servers.close();
      throw failed;
    }
    return servers;
  }

  PrivatePostgres watched() {
    return watched;
  }

  PrivatePostgres store() {
    return store;
  }

  /** What a query on the database counts. */
  long count(String query) throws SQLException {
    try (Connection connection = store.connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(query)) {
      result.next();
      return result.getLong(1);
    }
  }

  /**
   * Starts a collector.
   *
   * @param main gets the folder, the watched cgroup, the database's URL, and then {@code more}
   */
  Process collect(Class<?> main, String... more) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                main.getName(),
                folder.toString(),
                watched.cgroupPath(),
                store.url()));
    command.addAll(List.of(more));
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log().toFile()))
        .start();
  }

  /** What all collectors wrote. */
  Path log() {
    return folder.resolve("collector.log");
  }

  static CaptureOptions capture(Path folder, String pins) {
    return new CaptureOptions(
        pins, folder.resolve("run"), null, null, false, Duration.ofSeconds(2));
  }

  /** By SIGKILL. */
  static void kill(Process process) throws InterruptedException {
    process.toHandle().destroyForcibly();
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
  }

  @Override
  public void close() throws IOException {
    OomSources.open(capture(folder, pins)).source().close();
    watched.close();
    store.close();
  }
}
