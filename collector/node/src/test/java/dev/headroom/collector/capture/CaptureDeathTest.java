package dev.headroom.collector.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A collector that is killed with SIGKILL while processes die. */
class CaptureDeathTest {

  @TempDir private Path folder;

  /**
   * Two kills while it runs, two while it is dead, twice over; then every kill is there, each under
   * one key.
   */
  @ParameterizedTest
  @EnumSource(OomSourceKind.class)
  void collectorThatIsKilled_missesNothing(OomSourceKind kind) throws Exception {
    Path journal = Files.createFile(folder.resolve("journal"));
    try (OomCgroup cgroup = OomCgroup.create()) {
      for (int life = 0; life < 2; life++) {
        Process child = start(kind, journal);
        cgroup.kill();
        cgroup.kill();
        child.destroyForcibly().waitFor();
        cgroup.kill();
        cgroup.kill();
      }
      Process last = start(kind, journal);
      awaitKills(journal, cgroup, 8);
      last.outputWriter().append("end\n").close();
      assertThat(last.waitFor()).isZero();

      assertThat(cgroup.oomKillCount()).isEqualTo(8);
      List<String> kills = kills(journal, cgroup);
      assertThat(kills.stream().map(CaptureDeathTest::pid).collect(Collectors.toSet()))
          .isEqualTo(cgroup.pids());
      assertThat(kills.stream().distinct())
          .as("one key for each victim, however often it came")
          .hasSize(8);
    }
  }

  /** Root's user without root's capabilities. */
  @Test
  void missingPrivileges_areNamed() throws Exception {
    Path journal = Files.createFile(folder.resolve("journal"));
    assumeTrue(
        Files.isWritable(Path.of("/proc/sys/kernel/printk")), "dropping capabilities needs root");
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all"));
    command.addAll(command(OomSourceKind.TP_BTF, journal));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();

    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(child.waitFor()).isEqualTo(1);
    assertThat(output).contains("OOM kills cannot be captured: tp_btf: ").contains("CAP_BPF");
  }

  private Process start(OomSourceKind kind, Path journal) throws IOException {
    Process child =
        new ProcessBuilder(command(kind, journal))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    assertThat(child.inputReader().readLine()).isEqualTo("capturing");
    return child;
  }

  private List<String> command(OomSourceKind kind, Path journal) {
    return List.of(
        ProcessHandle.current().info().command().orElseThrow(),
        "--enable-native-access=ALL-UNNAMED",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        System.getProperty("java.class.path"),
        CaptureChild.class.getName(),
        kind.label(),
        folder.toString(),
        journal.toString());
  }

  private static void awaitKills(Path journal, OomCgroup cgroup, int count) throws Exception {
    for (int i = 0; i < 1200 && kills(journal, cgroup).stream().distinct().count() < count; i++) {
      Thread.sleep(50);
    }
  }

  /** The journal's kills of this test's processes; the machine may have others. */
  private static List<String> kills(Path journal, OomCgroup cgroup) throws IOException {
    return Files.readAllLines(journal).stream()
        .filter(line -> line.startsWith("kill ") && cgroup.pids().contains(pid(line)))
        .toList();
  }

  private static int pid(String line) {
    return Integer.parseInt(line.substring(line.lastIndexOf(' ') + 1));
  }
}
