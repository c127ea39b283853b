package dev.headroom.embedded;

import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * One Postgres server on one data folder: makes the folder, starts, stops, tells the state. What is
 * true is read from the folder and from /proc each time, so it holds whoever started the server and
 * whatever was killed since. Listens on 127.0.0.1 and on a Unix socket only.
 *
 * <p>A started server runs on in a session of its own after the caller has ended. Callers that race
 * on one folder must lock.
 */
public final class PostgresServer {

  private static final Duration QUICK = Duration.ofSeconds(20);
  private static final Duration POLL = Duration.ofMillis(20);
  private static final int PORT_ATTEMPTS = 5;
  private static final long LOG_ROTATION_BYTES = 16L << 20;

  /** The kernel's limit on a socket's path is 107 bytes. */
  private static final int SOCKET_PATH_BYTES = 107 - "/.s.PGSQL.65535.lock".length();

  private final PostgresInstall install;
  private final Path dataDirectory;
  private final Path log;
  private final OsUser user;

  /**
   * @param install programs to use
   * @param dataDirectory folder of the database; its parent must be enterable by {@code user}
   * @param log file that the server's standard error is appended to; rotated at a start above 16
   *     MiB
   * @param user whom the server runs as
   */
  public PostgresServer(PostgresInstall install, Path dataDirectory, Path log, OsUser user) {
    this.install = install;
    this.dataDirectory = dataDirectory.toAbsolutePath().normalize();
    this.log = log.toAbsolutePath().normalize();
    this.user = user;
  }

  public PostgresInstall install() {
    return install;
  }

  public Path dataDirectory() {
    return dataDirectory;
  }

  public Path log() {
    return log;
  }

  /**
   * Makes the data folder with data checksums, UTF-8 and the C locale: complete or not at all.
   * Leaves one that is there as it is.
   *
   * @param superuser name of the first role
   * @param password of that role, then asked of everybody (scram-sha-256); empty lets everybody on
   *     this machine in, which suits throw-away servers
   * @param databases names of further databases to make: letters, digits, underscores
   */
  public void initialize(String superuser, Optional<String> password, List<String> databases) {
    if (status() instanceof ServerStatus.NotInitialized) {
      HeadroomHome.createDirectories(parent(dataDirectory));
      user.requireAccess(parent(dataDirectory));
      new DataDirectory(install, dataDirectory, user).create(superuser, password, databases);
    }
  }

  /**
   * Starts the server and waits until it accepts connections. One that runs already is left alone,
   * whatever the options say.
   *
   * @throws EmbeddedDatabaseException with the end of the server's log when it does not get ready
   */
  public ServerStatus.Running start(ServerOptions options) {
    switch (status()) {
      case ServerStatus.Running running -> {
        return running;
      }
      case ServerStatus.InTransition(long pid) -> {
        Optional<ServerStatus.Running> running = awaitTransition(pid, options.startTimeout());
        if (running.isPresent()) {
          return running.get();
        }
      }
      case ServerStatus.NotInitialized ignored ->
          throw new EmbeddedDatabaseException("there is no database in " + dataDirectory);
      case ServerStatus.Stopped ignored -> {}
    }
    requireSameMajorVersion();
    endOrphans();
    forgetForeignPid();
    for (int attempt = 1; ; attempt++) {
      int port = choosePort(options);
      long logStart = prepareLog();
      writeSettings(options, port);
      Process process = launch(options);
      Optional<ServerStatus.Running> running = awaitReady(process, options.startTimeout());
      if (running.isPresent()) {
        return running.get();
      }
      String said = logSince(logStart);
      boolean portTaken = said.contains("Address already in use");
      if (!portTaken || options.port().isPresent() || attempt == PORT_ATTEMPTS) {
        throw new EmbeddedDatabaseException(
            "Postgres on %s did not start; the end of %s says:%n%s"
                .formatted(dataDirectory, log, ExternalCommand.tail(said)));
      }
    }
  }

  /**
   * Stops the server, waits until its process is gone and removes its socket folder.
   *
   * @throws EmbeddedDatabaseException when it still runs after the timeout
   */
  public void stop(StopMode mode, Duration timeout) {
    findPostmaster().ifPresent(pid -> signal(pid, mode, timeout));
    if (user.owns(socketDirectory())) {
      DirectoryTree.delete(socketDirectory());
    }
  }

  private void signal(long pid, StopMode mode, Duration timeout) {
    // The result is not looked at: a server that ended by itself meanwhile is as good.
    ExternalCommand.of(
            user.command(
                List.of(
                    install.program("pg_ctl").toString(),
                    "kill",
                    mode.signal(),
                    Long.toString(pid))),
            QUICK)
        .run();
    long deadline = System.nanoTime() + timeout.toNanos();
    while (PostmasterFile.isPostmaster(pid, dataDirectory)) {
      if (System.nanoTime() > deadline) {
        throw new EmbeddedDatabaseException(
            "Postgres with pid %d on %s still runs %d s after it was told to stop; see %s"
                .formatted(pid, dataDirectory, timeout.toSeconds(), log));
      }
      pause();
    }
  }

  /** What runs on the data folder now. */
  public ServerStatus status() {
    if (!Files.exists(dataDirectory.resolve("PG_VERSION"))) {
      return new ServerStatus.NotInitialized();
    }
    Optional<Long> pid = findPostmaster();
    if (pid.isEmpty()) {
      return new ServerStatus.Stopped();
    }
    return PostmasterFile.find(dataDirectory)
        .filter(file -> file.ready() && file.pid() == pid.get())
        .<ServerStatus>map(file ->
            new ServerStatus.Running(
                file.pid(), file.port(), file.socketDirectory(), file.startedAt()))
        .orElseGet(() -> new ServerStatus.InTransition(pid.get()));
  }

  /**
   * Folder of the Unix socket: beside the data, or a short private one where that path is too long.
   */
  public Path socketDirectory() {
    Path beside = dataDirectory.resolveSibling("run");
    if (beside.toString().getBytes(StandardCharsets.UTF_8).length <= SOCKET_PATH_BYTES) {
      return beside;
    }
    return Path.of(
        "/tmp", "headroom-%s-%08x".formatted(user.name(), dataDirectory.toString().hashCode()));
  }

  private Process launch(ServerOptions options) {
    makeSocketDirectory();
    List<String> command = new ArrayList<>(options.launchPrefix());
    command.add("setsid");
    command.addAll(user.command(serverCommand(options)));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(parent(dataDirectory).toFile())
            .redirectInput(Path.of("/dev/null").toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
    environment.put("LC_ALL", "C");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "cannot start Postgres: %s; setsid is in the package util-linux"
              .formatted(e.getMessage()),
          e);
    }
  }

  private List<String> serverCommand(ServerOptions options) {
    List<String> command = new ArrayList<>();
    if (!options.environment().isEmpty()) {
      // Only the server itself gets it: what starts the server may not even be able to load a
      // library that is made for the server.
      command.add("env");
      options.environment().forEach((name, value) -> command.add(name + "=" + value));
    }
    command.addAll(List.of(install.program("postgres").toString(), "-D", dataDirectory.toString()));
    return command;
  }

  private void writeSettings(ServerOptions options, int port) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("listen_addresses", "127.0.0.1");
    settings.put("port", Integer.toString(port));
    settings.put("unix_socket_directories", listElement(socketDirectory().toString()));
    settings.put("unix_socket_permissions", "0700");
    settings.putAll(new TreeMap<>(options.settings()));
    StringBuilder text =
        new StringBuilder("# Written by Headroom at each start; use ALTER SYSTEM.\n");
    settings.forEach((name, value) -> text.append("%s = '%s'%n".formatted(name, quoted(value))));
    Path file = dataDirectory.resolve(DataDirectory.SETTINGS_FILE);
    Path unfinished = dataDirectory.resolve(DataDirectory.SETTINGS_FILE + ".new");
    try {
      Files.writeString(unfinished, text);
      user.own(unfinished);
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot write " + file + ": " + e, e);
    }
  }

  /** The inside of a quoted value in postgresql.conf, where a backslash escapes. */
  private static String quoted(String value) {
    return value.replace("\\", "\\\\").replace("'", "''").replace("\n", "\\n");
  }

  /** Quotes an element of a comma-separated setting. */
  private static String listElement(String text) {
    return '"' + text.replace("\"", "\"\"") + '"';
  }

  private int choosePort(ServerOptions options) {
    if (options.port().isPresent()) {
      return options.port().getAsInt();
    }
    // Keeping the last port keeps URLs valid that people have written down.
    return findLastPort().filter(LoopbackPort::isFree).orElseGet(LoopbackPort::findFree);
  }

  private Optional<Integer> findLastPort() {
    Path file = dataDirectory.resolve(DataDirectory.SETTINGS_FILE);
    if (!Files.isReadable(file)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.matches("port = '\\d{1,5}'"))
          .map(line -> Integer.valueOf(line.replaceAll("\\D", "")))
          .findFirst();
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot read " + file + ": " + e, e);
    }
  }

  private Optional<ServerStatus.Running> awaitReady(Process process, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (true) {
      if (status() instanceof ServerStatus.Running running) {
        return Optional.of(running);
      }
      if (!process.isAlive() && findPostmaster().isEmpty()) {
        return Optional.empty();
      }
      if (System.nanoTime() > deadline) {
        stop(StopMode.IMMEDIATE, QUICK);
        throw new EmbeddedDatabaseException(
            "Postgres on %s was not ready within %d s and was stopped; see %s"
                .formatted(dataDirectory, timeout.toSeconds(), log));
      }
      pause();
    }
  }

  /** Waits for a server that somebody else is starting or stopping. */
  private Optional<ServerStatus.Running> awaitTransition(long pid, Duration timeout) {
    long deadline = System.nanoTime() + timeout.toNanos();
    while (System.nanoTime() < deadline) {
      switch (status()) {
        case ServerStatus.Running running -> {
          return Optional.of(running);
        }
        case ServerStatus.InTransition ignored -> pause();
        default -> {
          return Optional.empty();
        }
      }
    }
    throw new EmbeddedDatabaseException(
        "Postgres with pid %d on %s was neither ready nor gone within %d s; see %s"
            .formatted(pid, dataDirectory, timeout.toSeconds(), log));
  }

  private Optional<Long> findPostmaster() {
    return PostmasterFile.findPid(dataDirectory)
        .filter(pid -> PostmasterFile.isPostmaster(pid, dataDirectory));
  }

  private void requireSameMajorVersion() {
    Path file = dataDirectory.resolve("PG_VERSION");
    try {
      String version = Files.readString(file).strip();
      if (!version.equals(Integer.toString(install.majorVersion()))) {
        throw new EmbeddedDatabaseException(
            "the database in %s is of PostgreSQL %s and %s is PostgreSQL %d; use a Postgres %s, or dump and restore"
                .formatted(dataDirectory, version, install.bin(), install.majorVersion(), version));
      }
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot read " + file + ": " + e, e);
    }
  }

  /**
   * Children of a killed postmaster that still work on the folder; a new server must not meet them.
   */
  private void endOrphans() {
    List<ProcessHandle> orphans =
        ProcessHandle.allProcesses().filter(process -> worksIn(process, dataDirectory)).toList();
    orphans.forEach(ProcessHandle::destroy);
    long deadline = System.nanoTime() + QUICK.toNanos();
    while (orphans.stream().anyMatch(orphan -> worksIn(orphan, dataDirectory))) {
      if (System.nanoTime() > deadline) {
        orphans.forEach(ProcessHandle::destroyForcibly);
        return;
      }
      pause();
    }
  }

  private static boolean worksIn(ProcessHandle process, Path directory) {
    Path proc = Path.of("/proc", Long.toString(process.pid()));
    try {
      return isPostgres(process.pid())
          && Files.readSymbolicLink(proc.resolve("cwd")).equals(directory.toRealPath());
    } catch (IOException e) {
      // Gone, or another user's and so not ours.
      return false;
    }
  }

  private static boolean isPostgres(long pid) throws IOException {
    return Files.readString(Path.of("/proc", Long.toString(pid), "comm")).startsWith("postgres");
  }

  /**
   * Postgres itself clears a pid file whose process is gone. It cannot tell when the pid was given
   * to another process, as after a reboot, and would refuse to start.
   */
  private void forgetForeignPid() {
    Optional<Long> pid = PostmasterFile.findPid(dataDirectory);
    if (pid.isPresent() && ProcessHandle.of(pid.get()).isPresent()) {
      try {
        if (!isPostgres(pid.get())) {
          Files.deleteIfExists(PostmasterFile.in(dataDirectory));
        }
      } catch (IOException e) {
        throw new EmbeddedDatabaseException(
            "cannot delete the stale " + PostmasterFile.in(dataDirectory) + ": " + e, e);
      }
    }
  }

  /** Gives the log's length, from where on this start writes. */
  private long prepareLog() {
    try {
      HeadroomHome.createDirectories(parent(log));
      if (Files.exists(log) && Files.size(log) > LOG_ROTATION_BYTES) {
        Files.move(
            log, log.resolveSibling(log.getFileName() + ".1"), StandardCopyOption.REPLACE_EXISTING);
      }
      if (!Files.exists(log)) {
        // Statements in it may hold people's data.
        Files.createFile(
            log,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      }
      return Files.size(log);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot prepare the log " + log + ": " + e, e);
    }
  }

  private String logSince(long start) {
    try (var channel = Files.newByteChannel(log)) {
      channel.position(start);
      return new String(Channels.newInputStream(channel).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "(cannot read the log: " + e + ")";
    }
  }

  private void makeSocketDirectory() {
    Path directory = socketDirectory();
    try {
      if (!Files.isDirectory(directory)) {
        user.makePrivateDirectory(directory);
      }
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "cannot make the socket folder " + directory + ": " + e, e);
    }
    if (!user.owns(directory)) {
      throw new EmbeddedDatabaseException(
          "the socket folder %s belongs to somebody else; delete it and try again"
              .formatted(directory));
    }
  }

  private static Path parent(Path path) {
    return Objects.requireNonNull(path.getParent(), () -> path + " lies in no folder");
  }

  private static void pause() {
    try {
      Thread.sleep(POLL);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new EmbeddedDatabaseException("interrupted while waiting for Postgres", e);
    }
  }
}
