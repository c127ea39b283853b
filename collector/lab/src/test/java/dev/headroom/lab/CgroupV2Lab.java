package dev.headroom.lab;

import dev.headroom.collector.Collector;
import dev.headroom.collector.CollectorConfig;
import dev.headroom.collector.capture.CaptureOptions;
import dev.headroom.embedded.PostgresInstall;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One kill and one group kill of a real Postgres under a real collector, inside the machine of
 * {@code vm}. Made small, because that machine is about ten times slower than this one.
 *
 * <p>Prints what the kernel counted, one line {@value #COUNTED}{@code SCENARIO INSTANCE KILLS}
 * each, and then everything the collector keeps on disk, on a line {@value #STATE}{@code BASE64} of
 * a gzipped tar file: nothing else leaves that machine.
 */
final class CgroupV2Lab {

  static final String NODE = "cgroup-v2";
  static final String COUNTED = "counted ";
  static final String STATE = "state ";
  static final Scenario KILL = scenario("kill", false);
  static final Scenario GROUP_KILL = scenario("group-kill", true);

  private static final long START_TIMEOUT_MS = 180_000;

  /** The collector looks at the kernel's counter once a second; the cgroup goes after this. */
  private static final long RECONCILED_MS = 3_000;

  private CgroupV2Lab() {}

  public static void main(String[] args) throws Exception {
    PostgresInstall install =
        PostgresInstall.listSystem().stream().findFirst().orElseGet(LabMachine::assumePostgres);
    Path folder = LabMachine.openToEverybody(Files.createTempDirectory("headroom-lab-"));
    Path state = folder.resolve("collector");
    LabReport report;
    // The collector is last: it need not watch how the servers' template is made.
    try (Lab lab =
            Lab.open(LabConfig.of(folder.resolve("lab"), install, NODE), LabMachine.PRINTING);
        Collector collector =
            Collector.start(
                CollectorConfig.of(state)
                    .withNode(NODE)
                    .withCapture(CaptureOptions.defaults().withName("lab_vm")))) {
      awaitCapturing(collector);
      report = lab.run(List.of(KILL, GROUP_KILL));
    }
    for (ScenarioResult result : report.results()) {
      for (ScenarioResult.VictimResult victim : result.victims()) {
        System.out.println(
            "%s%s %s %d"
                .formatted(
                    COUNTED, result.scenario().name(), victim.instanceId(), victim.oomKills()));
      }
    }
    printState(state);
    System.exit(report.unexpected().isEmpty() ? 0 : 1);
  }

  private static Scenario scenario(String name, boolean groupKill) {
    return new Scenario(
        name,
        name,
        Scenario.Expectation.KILLS,
        "on cgroup v2",
        96L << 20,
        1,
        groupKill,
        Map.of("max_connections", "10"),
        Set.of(Scenario.Need.CGROUP_V2),
        stage -> {
          stage.session(statement -> {
            // The collector shall see the session before it dies.
            Stage.drain(statement, "SELECT pg_sleep(3)");
            Stage.drain(statement, Sql.value(200));
          });
          Pause.ofMillis(RECONCILED_MS);
        });
  }

  private static void awaitCapturing(Collector collector) {
    long deadline = System.nanoTime() + START_TIMEOUT_MS * 1_000_000;
    while (collector.findCaptureSource().isEmpty()) {
      if (System.nanoTime() > deadline) {
        throw new LabException("no source of OOM kills within %d ms".formatted(START_TIMEOUT_MS));
      }
      Pause.ofMillis(50);
    }
  }

  private static void printState(Path state) throws IOException, InterruptedException {
    System.out.print(STATE);
    System.out.flush();
    int code =
        new ProcessBuilder("sh", "-c", "tar -C \"$0\" -cz . | base64 -w 0", state.toString())
            .inheritIO()
            .start()
            .waitFor();
    System.out.println();
    if (code != 0) {
      throw new LabException("cannot pack %s: exit code %d".formatted(state, code));
    }
  }
}
