package dev.headroom.launcher;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.cli.ExitCode;
import dev.headroom.cli.OpenDatabase;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.DatabaseStatus;
import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomDatabase;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.OsUser;
import dev.headroom.lab.LabException;
import dev.headroom.lab.MemoryController;
import dev.headroom.lab.OwnProcess;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The demo as a process of its own, with a home and a database of its own: what it leaves. */
@Timeout(600)
final class DemoProcessTest {

  private static final int WAIT_SECONDS = 180;

  /** What the kernel says of a process that SIGTERM ended. */
  private static final int TERMINATED = 128 + 15;

  @TempDir private Path home;
  private final List<Process> started = new ArrayList<>();

  @BeforeEach
  void prepareHome() throws IOException {
    assumeTrue(OsUser.runningAsRoot(), "making memory cgroups needs root here");
    try {
      MemoryController.find().requireCreatable();
    } catch (LabException e) {
      abort(String.valueOf(e.getMessage()));
    }
    // The one that all tests share, whatever home those of this module have.
    HeadroomHome shared = HeadroomHome.locate(Map.of());
    assumeTrue(
        new DebianTimescaleInstaller(shared).findForGuard().isPresent(),
        () -> "no private Postgres with what a guard needs in " + shared.directory());
    // The database runs as a user of its own.
    Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxr-xr-x"));
    Files.createSymbolicLink(home.resolve("postgres"), shared.postgresInstall());
  }

  @AfterEach
  void endEverything() throws Exception {
    for (Process process : List.copyOf(started)) {
      process.destroy();
      assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
    }
    if (Files.isDirectory(home.resolve("database"))) {
      new DemoDashboard(new HeadroomHome(home), database()).stop();
      database().stop();
    }
    Files.deleteIfExists(home.resolve("postgres"));
  }

  @Test
  void aLoopToldToEndOnTheLadder_leavesNothing_andTheDemoIsNotRefusedAfterIt() throws Exception {
    Running loop = startUntil("  canary ", "lab", "loop", "--servers", "2", "--rounds", "1");
    Path lab = onlyEntry(home.resolve("lab").resolve("runs"));
    List<Path> cgroups = recordedCgroups(lab);
    assertThat(cgroups).hasSize(2).allSatisfy(each -> assertThat(each).exists());

    endsInGoodOrder(loop);

    assertThat(cgroups).allSatisfy(each -> assertThat(each).doesNotExist());
    assertThat(lab).doesNotExist();
    assertThat(run("rollout", "list", "--all").out())
        .as("the rollout has ended")
        .contains("| retired |")
        .doesNotContain("| shadow |", "| canary", "| enforce |");
    assertThat(database().findUrl()).as("it outlives the loop").isPresent();
    database().stop();

    Running demo = startUntil("2. 6 servers", "demo");
    endsInGoodOrder(demo);
    assertThat(database().status())
        .as("the demo started it")
        .isInstanceOf(DatabaseStatus.Stopped.class);
    assertThat(home.resolve("lab").resolve("runs")).isEmptyDirectory();
  }

  @Test
  void theDashboard_goesOnUntilItIsStopped_andTakesTheDatabaseWithIt() throws Exception {
    OwnProcess dashboard = startDashboard(Duration.ofHours(1));
    assertThat(dashboard.isAlive()).isTrue();

    assertThat(run("demo", "--stop").err()).contains("the dashboard is stopped");

    assertThat(dashboard.isAlive()).isFalse();
    assertThat(database().status()).isInstanceOf(DatabaseStatus.Stopped.class);
  }

  @Test
  void theDashboard_endsByItself_withTheDatabase() {
    OwnProcess dashboard = startDashboard(Duration.ofSeconds(5));
    await().atMost(Duration.ofSeconds(WAIT_SECONDS)).until(() -> !dashboard.isAlive());
    assertThat(database().status()).isInstanceOf(DatabaseStatus.Stopped.class);
  }

  @Test
  void aProcessThatOnlyHasTheDashboardsPid_isLeftAlone() throws Exception {
    Process other = new ProcessBuilder("sleep", "600").start();
    started.add(other);
    Files.writeString(
        home.resolve("dashboard.json"),
        "{\"pid\": %d, \"start_ticks\": 1, \"owns_database\": false}".formatted(other.pid()));

    assertThat(run("demo", "--stop").err()).contains("no dashboard of a demo is running");

    assertThat(other.isAlive()).isTrue();
    assertThat(home.resolve("dashboard.json")).doesNotExist();
  }

  /** As a demo does that had started the database. */
  private OwnProcess startDashboard(Duration lifetime) {
    DemoDashboard dashboard = new DemoDashboard(new HeadroomHome(home), database());
    Terminal terminal =
        new Terminal(
            new PrintWriter(new StringWriter()), new PrintWriter(new StringWriter()), false, false);
    AtomicReference<OwnProcess> process = new AtomicReference<>();
    try (OpenDatabase open = OpenDatabase.start(database(), terminal)) {
      OrderlyEnd.of(
          terminal,
          end -> {
            long pid = dashboard.start(open, lifetime, true, end).pid();
            process.set(OwnProcess.find(pid).orElseThrow());
            return ExitCode.OK;
          });
    }
    return process.get();
  }

  private static void endsInGoodOrder(Running running) throws Exception {
    running.process.destroy();
    assertThat(running.exitCode()).as(running.err()).isEqualTo(TERMINATED);
    assertThat(running.err())
        .contains("everything was stopped and taken back")
        .doesNotContain("Exception", "should not have happened", "going on with");
  }

  private HeadroomDatabase database() {
    return HeadroomDatabase.locate(Map.of("HEADROOM_HOME", home.toString()), Optional.empty());
  }

  private static Path onlyEntry(Path directory) throws IOException {
    try (Stream<Path> entries = Files.list(directory)) {
      List<Path> all = entries.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  private static List<Path> recordedCgroups(Path lab) throws IOException {
    try (Stream<String> lines = Files.lines(lab.resolve("resources"))) {
      return lines
          .filter(line -> line.startsWith("cgroup "))
          .map(line -> Path.of(line.split(" ", 3)[2]))
          .toList();
    }
  }

  /** Runs a command to its good end. */
  private Running run(String... args) throws Exception {
    Running run = start(args);
    assertThat(run.exitCode()).as(run.err()).isEqualTo(ExitCode.OK);
    return run;
  }

  private Running startUntil(String said, String... args) throws IOException {
    Running running = start(args);
    await()
        .atMost(Duration.ofSeconds(WAIT_SECONDS))
        .failFast(() -> assertThat(running.process.isAlive()).as(running.err()).isTrue())
        .until(() -> running.err().contains(said));
    return running;
  }

  private Running start(String... args) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-Dheadroom.root=" + RepositoryRoot.find(),
            "-cp",
            System.getProperty("java.class.path"),
            Headroom.class.getName()));
    command.addAll(List.of(args));
    Path out = Files.createTempFile(home, "out", "");
    Path err = Files.createTempFile(home, "err", "");
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
    builder.environment().put("HEADROOM_HOME", home.toString());
    builder.environment().remove("HEADROOM_DB_URL");
    Process process = builder.start();
    started.add(process);
    return new Running(process, out, err);
  }

  private record Running(Process process, Path stdout, Path stderr) {
    int exitCode() throws InterruptedException {
      assertThat(process.waitFor(WAIT_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
      return process.exitValue();
    }

    String out() throws IOException {
      return Files.readString(stdout);
    }

    String err() throws IOException {
      return Files.readString(stderr);
    }
  }
}
