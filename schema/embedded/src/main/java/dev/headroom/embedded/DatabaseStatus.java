package dev.headroom.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** State of Headroom's database. */
public sealed interface DatabaseStatus {

  /**
   * Nothing has been made yet; a start would.
   *
   * @param location where
   */
  record NotCreated(DatabaseLocation location) implements DatabaseStatus {}

  /**
   * The database is there and its server is not running.
   *
   * @param dataDirectory on this machine
   * @param sizeBytes of all files in it
   */
  record Stopped(Path dataDirectory, long sizeBytes) implements DatabaseStatus {}

  /**
   * The server is starting, recovering or stopping.
   *
   * @param pid of the postmaster
   */
  record InTransition(long pid) implements DatabaseStatus {}

  /**
   * The server accepts connections.
   *
   * @param pid of the postmaster
   * @param port on 127.0.0.1
   * @param socketDirectory folder of the Unix socket
   * @param dataDirectory folder of the data
   * @param log file of the server's messages
   * @param install programs it runs from, with versions and edition
   * @param sizeBytes of all files in the data folder
   * @param startedAt to the second
   */
  record Running(
      long pid,
      int port,
      Optional<Path> socketDirectory,
      Path dataDirectory,
      Path log,
      PostgresInstall install,
      long sizeBytes,
      Instant startedAt)
      implements DatabaseStatus {

    public Duration uptime(Instant now) {
      return Duration.between(startedAt, now);
    }
  }

  /**
   * The database is in a container.
   *
   * @param name of the container
   * @param port on 127.0.0.1; empty while it is stopped
   */
  record InContainer(String name, Optional<Integer> port) implements DatabaseStatus {}

  /**
   * The database is somebody else's.
   *
   * @param url as given
   * @param reachable whether its first host accepts TCP connections
   */
  record Remote(DatabaseUrl url, boolean reachable) implements DatabaseStatus {}
}
