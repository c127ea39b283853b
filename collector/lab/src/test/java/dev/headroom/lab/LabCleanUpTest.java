package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A lab in a JVM of its own is ended in the middle of a scenario. */
@Timeout(300)
class LabCleanUpTest {

  @TempDir Path state;

  private final List<Process> children = new ArrayList<>();
  private MemoryController controller;

  /** The lab that is ended: its victim sleeps, and so does its collector. */
  static final class Child {
    public static void main(String[] args) throws IOException {
      LabConfig config =
          LabConfig.of(Path.of(args[0]), LabMachine.assumePostgres(), "test-node")
              .withCollector(instances ->
                  List.of("sh", "-c", "echo " + CollectorCommand.CAPTURING + "; exec sleep 600"));
      Scenario sleep =
          new Scenario(
              "sleep",
              "Sleep",
              Scenario.Expectation.SURVIVES,
              "",
              256L << 20,
              1,
              false,
              Map.of(),
              Set.of(),
              stage -> {
                System.out.println("loaded");
                stage.execute("SELECT pg_sleep(140)");
              });
      try (Lab lab = Lab.open(config, LabListener.SILENT)) {
        lab.run(List.of(sleep));
      }
    }
  }

  @BeforeEach
  void assumeMachine() throws IOException {
    controller = LabMachine.assumeMemoryController();
    LabMachine.assumePostgres();
    LabMachine.openToEverybody(state);
  }

  @AfterEach
  void endChildren() throws InterruptedException {
    for (Process child : children) {
      child.destroy();
      child.waitFor();
    }
  }

  @Test
  void whatAKilledLabLeft_isGoneAfterTheNextCleanUp() throws Exception {
    Process child = startChild();
    Path run = onlyRun();
    List<OwnProcess> left = recordedProcesses(run);
    LabCgroup cgroup = recordedCgroup(run);

    child.destroyForcibly().waitFor();
    assertThat(left).as("a killed lab cannot clean up").allMatch(OwnProcess::isAlive);
    assertThat(cgroup.processes()).as("its victim").hasSizeGreaterThan(3);
    // A process that ends between the listing and the look, an autovacuum worker say, left nothing.
    cgroup.processes().forEach(pid -> OwnProcess.find(pid).ifPresent(left::add));
    assertThat(Lab.cleanUp(state)).isEqualTo(1);

    assertThat(left).noneMatch(OwnProcess::isAlive);
    assertThat(cgroup.directory()).doesNotExist();
    assertThat(run).doesNotExist();
    assertThat(Lab.cleanUp(state)).isZero();
  }

  @Test
  void aLabThatIsAskedToEnd_cleansUpItself() throws Exception {
    Process child = startChild();
    Path run = onlyRun();
    List<OwnProcess> made = recordedProcesses(run);
    LabCgroup cgroup = recordedCgroup(run);

    child.destroy();
    child.waitFor();

    assertThat(made).noneMatch(OwnProcess::isAlive);
    assertThat(cgroup.directory()).doesNotExist();
    assertThat(run).doesNotExist();
  }

  @Test
  void aLabThatIsAlive_isLeftAlone() throws Exception {
    startChild();

    assertThat(Lab.cleanUp(state)).isZero();

    assertThat(recordedCgroup(onlyRun()).processes()).isNotEmpty();
  }

  private Process startChild() throws IOException {
    Path output = state.resolve("child.log");
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Child.class.getName(),
                state.toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    children.add(child);
    await()
        .atMost(Duration.ofMinutes(2))
        .failFast(() -> assertThat(child.isAlive()).as(Files.readString(output)).isTrue())
        .until(() -> Files.readString(output).contains("loaded"));
    return child;
  }

  private Path onlyRun() throws IOException {
    try (Stream<Path> runs = Files.list(state.resolve("runs"))) {
      List<Path> all = runs.toList();
      assertThat(all).hasSize(1);
      return all.getFirst();
    }
  }

  private static List<OwnProcess> recordedProcesses(Path run) throws IOException {
    try (Stream<String> lines = Files.lines(run.resolve("resources"))) {
      List<OwnProcess> processes =
          new ArrayList<>(
              lines
                  .filter(line -> line.startsWith("process "))
                  .map(line -> line.split(" "))
                  .map(f -> OwnProcess.of(Long.parseLong(f[1]), Long.parseLong(f[2])))
                  .toList());
      assertThat(processes).hasSize(1).allMatch(OwnProcess::isAlive);
      return processes;
    }
  }

  private LabCgroup recordedCgroup(Path run) throws IOException {
    try (Stream<String> lines = Files.lines(run.resolve("resources"))) {
      String line = lines.filter(l -> l.startsWith("cgroup ")).findFirst().orElseThrow();
      return LabCgroup.ofRecorded(controller.version(), Path.of(line.split(" ", 3)[2]));
    }
  }
}
