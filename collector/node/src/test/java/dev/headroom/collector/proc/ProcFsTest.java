package dev.headroom.collector.proc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.kernel.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ProcFsTest {

  private static final int PID = 42;
  private static final String FIELDS_AFTER_COMM =
      " S 7 1 1 0 -1 4194304 100 0 0 0 11 22 0 0 20 0 1 0 103383 3133440 390\n";

  @TempDir private Path root;

  @ParameterizedTest
  @ValueSource(strings = {"postgres", "foo) Z ", ") S 1 (", "a b", "(((", "new\nline", ""})
  void hostileName_doesNotShiftTheFieldsOfStat(String comm) throws IOException {
    write("stat", PID + " (" + comm + ")" + FIELDS_AFTER_COMM);

    assertThat(proc().findStat(PID)).contains(new ProcStat(comm, 'S', 7, 11, 22, 103383));
  }

  @Test
  void hostileName_forgesNoLineOfStatus() throws IOException {
    write(
        "status",
        """
        Name:\tx\\nPPid:\t1\\\\\rPPid:\t2
        Pid:\t42
        PPid:\t7
        NSpid:\t42\t3
        RssAnon:\t     112 kB
        VmPTE:\t      52 kB
        """);

    ProcStatus status = proc().findStatus(PID).orElseThrow();

    assertThat(status.name()).isEqualTo("x\nPPid:\t1\\\rPPid:\t2");
    assertThat(status.ppid()).isEqualTo(7);
    assertThat(status.namespacePid()).isEqualTo(3);
    assertThat(status.rssAnonKb()).isEqualTo(112);
    assertThat(status.vmPteKb()).isEqualTo(52);
    assertThat(status.rssShmemKb()).isNull();
  }

  @Test
  void cgroupPath_mayHoldColonsAndTheMarkOfADeletedOneIsCut() throws IOException {
    write("cgroup", "4:cpu,memory:/a:b\n1:name=systemd:/s\n0::/u (deleted)\n");

    assertThat(proc().findCgroup(PID)).contains(new ProcCgroup("/a:b", "/u"));
  }

  @Test
  void missingProcess_isEmptyEverywhere() throws IOException {
    ProcFs proc = proc();

    assertThat(proc.findStat(PID)).isEmpty();
    assertThat(proc.findStatus(PID)).isEmpty();
    assertThat(proc.findCgroup(PID)).isEmpty();
    assertThat(proc.findTitle(PID)).isEmpty();
    assertThat(proc.findOomScoreAdj(PID)).isEmpty();
    assertThat(proc.findProgram(PID)).isEmpty();
    assertThat(proc.isGone(PID)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"42 (x) S", "42 x", "42 (x) S a 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0"})
  void corruptStat_namesTheFile(String text) throws IOException {
    write("stat", text);

    assertThatThrownBy(() -> proc().findStat(PID))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("42/stat");
  }

  @Test
  void corruptFiles_nameThemselves() throws IOException {
    write("status", "Name:\tx\nPPid:\tseven\n");
    write("cgroup", "what\n");
    write("oom_score_adj", "high\n");

    assertThatThrownBy(() -> proc().findStatus(PID))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("42/status");
    assertThatThrownBy(() -> proc().findCgroup(PID))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("42/cgroup");
    assertThatThrownBy(() -> proc().findOomScoreAdj(PID))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("42/oom_score_adj");
  }

  @Test
  void title_joinsArgumentsAndDropsPadding() throws IOException {
    write("cmdline", "postgres: alice app [local] SELECT\0\0\0");

    assertThat(proc().findTitle(PID)).contains("postgres: alice app [local] SELECT");
  }

  @Test
  void realProcess_isReadAndAnEndedOneIsEmpty() throws Exception {
    ProcFs proc = new ProcFs(Path.of("/proc"));
    Process sleep = new ProcessBuilder("sleep", "60").start();
    int pid = Math.toIntExact(sleep.pid());
    try {
      assertThat(proc.listPids()).contains(pid);
      assertThat(proc.findStat(pid).orElseThrow().ppid())
          .isEqualTo(Math.toIntExact(ProcessHandle.current().pid()));
      assertThat(proc.findStatus(pid).orElseThrow().rssAnonKb()).isPositive();
    } finally {
      sleep.destroyForcibly();
    }
    assertThat(sleep.waitFor(5, TimeUnit.SECONDS)).isTrue();
    assertThat(proc.findStat(pid)).isEmpty();
  }

  private ProcFs proc() {
    return new ProcFs(root);
  }

  private void write(String name, String text) throws IOException {
    Path directory = Files.createDirectories(root.resolve(Integer.toString(PID)));
    Files.writeString(directory.resolve(name), text);
  }
}
