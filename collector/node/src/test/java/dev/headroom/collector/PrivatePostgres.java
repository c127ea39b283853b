package dev.headroom.collector;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.collector.cgroup.MemoryHierarchy;
import dev.headroom.collector.proc.ProcCgroup;
import dev.headroom.collector.proc.ProcFs;
import dev.headroom.model.CgroupVersion;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A real Postgres 15 of this test's own in a memory cgroup of its own. Closing stops the server and
 * removes the cgroup and the files.
 */
public final class PrivatePostgres implements AutoCloseable {

  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");
  private static final String OS_USER = "postgres";
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Path folder;
  private final Path cgroup;
  private final String cgroupPath;
  private final int port;
  private final List<String> settings;
  private final List<String> environment;
  private @Nullable Process server;

  private PrivatePostgres(
      Path folder,
      Path cgroup,
      String cgroupPath,
      int port,
      List<String> settings,
      List<String> environment) {
    this.folder = folder;
    this.cgroup = cgroup;
    this.cgroupPath = cgroupPath;
    this.port = port;
    this.settings = settings;
    this.environment = environment;
  }

  /**
   * Makes and starts a server; the test is skipped where that is not possible.
   *
   * @param limitBytes of its cgroup
   * @param settings as {@code postgres -c} takes them
   */
  public static PrivatePostgres start(long limitBytes, String... settings) throws IOException {
    return start(limitBytes, null, settings);
  }

  /** As {@link #start}, with the guard that this checkout builds. */
  public static PrivatePostgres startGuarded(long limitBytes, String... settings)
      throws IOException {
    return start(limitBytes, GuardBuild.make(), settings);
  }

  private static PrivatePostgres start(
      long limitBytes, @Nullable GuardBuild guard, String... settings) throws IOException {
    assumeTrue("root".equals(System.getProperty("user.name")), "needs root to make a cgroup");
    assumeTrue(
        Files.isExecutable(PROGRAMS.resolve("postgres")), "needs Postgres 15 in " + PROGRAMS);
    ProcFs proc = new ProcFs(Path.of("/proc"));
    MemoryHierarchy hierarchy = MemoryHierarchy.detect(proc.root()).orElse(null);
    assumeTrue(
        hierarchy != null && hierarchy.version() == CgroupVersion.V1,
        "needs the memory controller on cgroup v1");
    ProcCgroup own = proc.findCgroup((int) ProcessHandle.current().pid()).orElseThrow();
    String name = "headroom-test-" + ProcessHandle.current().pid() + "-" + System.nanoTime();
    String parent = Objects.requireNonNull(own.memory());
    String path = (parent.equals("/") ? "" : parent) + "/" + name;
    Path cgroup = hierarchy.findDirectory(path).orElseThrow();
    Path folder = Files.createTempDirectory("headroom-postgres");
    List<String> all = new ArrayList<>(List.of(settings));
    List<String> environment = new ArrayList<>();
    if (guard != null) {
      all.add("shared_preload_libraries=" + guard.copyExtension(folder));
      environment.add("LD_PRELOAD=" + guard.copyPreloaded(folder));
    }
    PrivatePostgres postgres =
        new PrivatePostgres(folder, cgroup, path, freePort(), all, environment);
    try {
      Files.createDirectory(cgroup);
      Files.writeString(cgroup.resolve("memory.limit_in_bytes"), Long.toString(limitBytes));
      run("chown", OS_USER, folder.toString());
      run(
          asUser(
              PROGRAMS.resolve("initdb").toString(),
              "--no-sync",
              "--auth=trust",
              "--username=alice",
              "-D",
              postgres.dataDirectory().toString()));
      postgres.startServer();
      return postgres;
    } catch (IOException | RuntimeException failed) {
      postgres.close();
      throw failed;
    }
  }

  /** Starts the server's process again after it ended. */
  public void startServer() throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "sh",
                "-c",
                "echo $$ > \"$0\" && exec \"$@\"",
                cgroup.resolve("cgroup.procs").toString()));
    command.addAll(List.of(asUser("env")));
    // Nothing but the server itself is to load a guard.
    command.addAll(environment);
    command.addAll(
        List.of(
            PROGRAMS.resolve("postgres").toString(),
            "-D",
            dataDirectory().toString(),
            "-p",
            Integer.toString(port),
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "fsync=off",
            "-c",
            "unix_socket_directories=" + folder));
    for (String setting : settings) {
      command.add("-c");
      command.add(setting);
    }
    File log = folder.resolve("log").toFile();
    server = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log).start();
    awaitConnections();
  }

  /** Waits until the server accepts connections. */
  public void awaitConnections() throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        connect().close();
        return;
      } catch (SQLException notYet) {
        if (!server().isAlive() || System.nanoTime() > deadline) {
          throw new IllegalStateException(
              "Postgres does not start: " + Files.readString(folder.resolve("log")), notYet);
        }
        pause();
      }
    }
  }

  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url());
  }

  /** As pgjdbc takes it. */
  public String url() {
    return "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=alice&sslmode=disable";
  }

  /** The postmaster's pid: every program on the way to it executes the next one. */
  public int pid() {
    return Math.toIntExact(server().pid());
  }

  public int port() {
    return port;
  }

  public Path dataDirectory() {
    return folder.resolve("data");
  }

  public Path cgroup() {
    return cgroup;
  }

  public String cgroupPath() {
    return cgroupPath;
  }

  /** Sends SIGHUP. */
  public void reload() throws IOException {
    run("kill", "-HUP", Integer.toString(pid()));
  }

  /** Ends the server in order. */
  public void stopServer() throws IOException {
    run("kill", "-INT", Integer.toString(pid()));
    awaitEnd(server());
  }

  @Override
  public void close() throws IOException {
    if (server != null && server.isAlive()) {
      // SIGQUIT: the postmaster takes its children with it, as SIGKILL would not.
      run("kill", "-QUIT", Integer.toString(pid()));
      awaitEnd(server());
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (Files.isDirectory(cgroup) && !cgroup.toFile().delete() && System.nanoTime() < deadline) {
      pause();
    }
    run("rm", "-rf", folder.toString());
  }

  private Process server() {
    return Objects.requireNonNull(server, "the server was never started");
  }

  private static String[] asUser(String... command) {
    List<String> whole =
        new ArrayList<>(
            List.of("setpriv", "--reuid=" + OS_USER, "--regid=" + OS_USER, "--clear-groups"));
    whole.addAll(List.of(command));
    return whole.toArray(String[]::new);
  }

  private static void run(String... command) throws IOException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    awaitEnd(process);
    if (process.exitValue() != 0) {
      throw new IOException(String.join(" ", command) + ": " + output);
    }
  }

  private static void awaitEnd(Process process) throws IOException {
    try {
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        throw new IOException("process " + process.pid() + " does not end");
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while a process ended", interrupted);
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(20);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while waiting for Postgres", interrupted);
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
