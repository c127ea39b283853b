package dev.headroom.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A TimescaleDB that lives as long as this JVM and keeps nothing: for tests. It lets everybody on
 * this machine in, writes nothing through to the disk, and is stopped and deleted when the JVM
 * ends.
 */
public final class TemporaryServer {

  private static final Duration STOP = Duration.ofSeconds(30);

  private TemporaryServer() {}

  /**
   * Starts one.
   *
   * @param install with TimescaleDB
   * @param name in the name of its folder
   * @return the superuser's URL, with {@code %s} for the name of a database
   */
  public static String start(PostgresInstall install, String name) {
    Path directory = makeDirectory(name);
    PostgresServer server =
        new PostgresServer(
            install,
            directory.resolve("data"),
            directory.resolve("server.log"),
            OsUser.forPostgres());
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(() -> {
              server.stop(StopMode.IMMEDIATE, STOP);
              DirectoryTree.delete(directory);
            }));
    server.initialize("postgres", Optional.empty(), List.of());
    ServerStatus.Running running =
        server.start(
            ServerOptions.defaults()
                .withSettings(
                    Map.of(
                        "shared_preload_libraries", "timescaledb",
                        // Its workers would stay connected to databases that are templates.
                        "timescaledb.max_background_workers", "0",
                        "fsync", "off")));
    return "jdbc:postgresql://localhost:" + running.port() + "/%s?user=postgres";
  }

  /** One that the Postgres user may enter. */
  private static Path makeDirectory(String name) {
    try {
      Path directory = Files.createTempDirectory("headroom-" + name);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
      return directory;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
