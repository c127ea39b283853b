package dev.headroom.embedded;

import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;

/** Whether a Postgres server runs on a data folder. */
public sealed interface ServerStatus {

  /** There is no database in the folder. */
  record NotInitialized() implements ServerStatus {}

  /** There is a database and no server. */
  record Stopped() implements ServerStatus {}

  /**
   * A server has been started and does not accept connections yet, or not any more.
   *
   * @param pid of the postmaster
   */
  record InTransition(long pid) implements ServerStatus {}

  /**
   * A server accepts connections.
   *
   * @param pid of the postmaster
   * @param port on 127.0.0.1 and in the name of the Unix socket
   * @param socketDirectory folder of the Unix socket
   * @param startedAt to the second
   */
  record Running(long pid, int port, Optional<Path> socketDirectory, Instant startedAt)
      implements ServerStatus {}
}
