package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The capture tests again, on a real cgroup v2 kernel in the virtual machine of {@code
 * collector/lab/vm}.
 */
class CgroupV2MachineTest {

  private static final Path MACHINE = Path.of("../lab/vm/run.sh");
  private static final int SKIPPED = 77;

  @Test
  void captureAndGroupKill_workOnCgroupV2() throws Exception {
    assumeTrue(
        System.getenv("HEADROOM_VM_TEST") != null,
        "takes two minutes; set HEADROOM_VM_TEST=1 to run it");
    Process machine =
        new ProcessBuilder(
                MACHINE.toString(),
                ProcessHandle.current().info().command().orElseThrow(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:+UnlockDiagnosticVMOptions",
                "-XX:-BytecodeVerificationRemote",
                "-cp",
                System.getProperty("java.class.path"),
                MachineTests.class.getName(),
                GroupKillTest.class.getName(),
                OomSourceTest.class.getName() + "#btf_tellsBothCgroupsAndBothProcesses",
                OomSourceTest.class.getName()
                    + "#kill_isToldOnceWithItsFacts("
                    + OomSourceKind.class.getName()
                    + ")")
            .redirectErrorStream(true)
            .start();
    String output = new String(machine.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int code = machine.waitFor();

    assumeTrue(code != SKIPPED, output);
    assertThat(code).as(output).isZero();
    // two group kills, one by BTF, one by each of the four sources
    assertThat(output).contains("7 tests succeeded, 0 failed, 0 skipped");
    System.out.println(
        "cgroup v2: kills captured by tp_btf, tracepoint, tracefs and kmsg, group kills by tp_btf and kmsg");
  }
}
