package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.headroom.collector.Collector;
import dev.headroom.collector.CollectorConfig;
import dev.headroom.collector.InstanceSelection;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The lab and the collector on a real cgroup v2 kernel, in the virtual machine of {@code vm}. The
 * collector there keeps everything in its spool; one here takes that over, as after a restart, and
 * stores it.
 */
class LabOnCgroupV2Test {

  private static final Path MACHINE = Path.of("vm/run.sh");
  private static final int SKIPPED = 77;
  private static final String TIMEOUT_SECONDS = "540";

  @TempDir private Path folder;

  @Test
  void killAndGroupKill_areStoredAsTheKernelCountedThem() throws Exception {
    PostgresInstall install = LabMachine.assumePostgres();
    LabMachine.openToEverybody(folder);
    String output = runInMachine();
    Map<InstanceId, Long> counted = new TreeMap<>();
    counted.put(instance(output, CgroupV2Lab.KILL), kills(output, CgroupV2Lab.KILL));
    counted.put(instance(output, CgroupV2Lab.GROUP_KILL), kills(output, CgroupV2Lab.GROUP_KILL));
    Path state = Files.createDirectory(folder.resolve("collector"));
    unpack(line(output, CgroupV2Lab.STATE), state);

    try (LabDatabase database =
            LabDatabase.start(Files.createDirectory(folder.resolve("db")), install);
        Collector collector =
            Collector.start(
                CollectorConfig.of(state)
                    .withNode(CgroupV2Lab.NODE)
                    .withInstances(new InstanceSelection.Listed(List.of()))
                    .withCapture(null)
                    .withDatabaseUrl(database.url()))) {
      await().atMost(Duration.ofMinutes(2)).until(collector::isDrained);

      assertThat(database.killsByInstance()).isEqualTo(counted);
      String kill = "instance_id = '%s'".formatted(instance(output, CgroupV2Lab.KILL));
      String group = "instance_id = '%s'".formatted(instance(output, CgroupV2Lab.GROUP_KILL));
      long samples = samples(database, kill) + samples(database, group);
      String limitKnown =
          "memory_max_bytes = %d AND limit_cgroup_path = victim_cgroup_path"
              .formatted(CgroupV2Lab.KILL.memoryMaxBytes());
      long all = counted.values().stream().mapToLong(Long::longValue).sum();
      assertThat(kills(database, "capture_source = 'tp_btf'")).isEqualTo(all);
      assertThat(kills(database, "counter_agrees")).isEqualTo(all);
      assertThat(
              kills(
                  database,
                  kill
                      + " AND NOT group_kill AND victim_database_name = 'postgres' AND "
                      + limitKnown))
          .isEqualTo(counted.get(instance(output, CgroupV2Lab.KILL)))
          .isOne();
      long victims = kills(database, group + " AND group_kill");
      assertThat(victims)
          .isEqualTo(counted.get(instance(output, CgroupV2Lab.GROUP_KILL)))
          .isGreaterThan(1);
      assertThat(kills(database, group + " AND " + limitKnown)).isPositive();
      assertThat(
              database.number(
                  "SELECT count(DISTINCT incident_id) FROM headroom.oom_kill WHERE " + group))
          .isOne();
      System.out.printf(
          "cgroup v2: %d samples with page tables, slab and kernel stacks; captured by tp_btf; "
              + "1 kill counted and stored; 1 group kill: 1 incident, %d victims counted and stored%n",
          samples, victims);
    }
  }

  /** How many samples have the facts that only version 2 has. */
  private static long samples(LabDatabase database, String instance) throws Exception {
    long samples =
        database.number(
            """
            SELECT count(*) FROM headroom.memory_sample
            WHERE %s AND anon_bytes > 0 AND page_tables_bytes > 0 AND kernel_stack_bytes > 0
              AND slab_unreclaimable_bytes > 0 AND slab_reclaimable_bytes > 0 AND kernel_bytes > 0
              AND memory_max_bytes = %d\
            """
                .formatted(instance, CgroupV2Lab.KILL.memoryMaxBytes()));
    assertThat(samples).as("samples of " + instance).isPositive();
    return samples;
  }

  private static long kills(LabDatabase database, String condition) throws Exception {
    return database.number("SELECT count(*) FROM headroom.oom_kill WHERE " + condition);
  }

  private static String runInMachine() throws IOException, InterruptedException {
    ProcessBuilder builder =
        new ProcessBuilder(
                MACHINE.toString(),
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                // Verifying our own classes takes seconds there.
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote",
                "-cp",
                System.getProperty("java.class.path"),
                CgroupV2Lab.class.getName())
            .redirectErrorStream(true);
    builder.environment().put("HEADROOM_VM_TIMEOUT_SECONDS", TIMEOUT_SECONDS);
    Process machine = builder.start();
    String output = new String(machine.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = machine.waitFor();
    assumeTrue(code != SKIPPED, output);
    assertThat(code).as(output).isZero();
    return output;
  }

  private static InstanceId instance(String output, Scenario scenario) {
    return InstanceId.parse(counted(output, scenario)[0]);
  }

  private static long kills(String output, Scenario scenario) {
    return Long.parseLong(counted(output, scenario)[1]);
  }

  private static String[] counted(String output, Scenario scenario) {
    return line(output, CgroupV2Lab.COUNTED + scenario.name() + " ").split(" ", 2);
  }

  /** The rest of the line that starts so. */
  private static String line(String output, String start) {
    return output
        .lines()
        .filter(line -> line.startsWith(start))
        .map(line -> line.substring(start.length()).strip())
        .findFirst()
        .orElseThrow(() -> new AssertionError("no line '%s' in:%n%s".formatted(start, output)));
  }

  private static void unpack(String base64, Path folder) throws IOException, InterruptedException {
    Process tar =
        new ProcessBuilder("tar", "-C", folder.toString(), "-xz").redirectErrorStream(true).start();
    try (OutputStream archive = tar.getOutputStream()) {
      archive.write(Base64.getDecoder().decode(base64));
    }
    String said = new String(tar.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(tar.waitFor()).as(said).isZero();
  }
}
