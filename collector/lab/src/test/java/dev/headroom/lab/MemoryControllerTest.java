package dev.headroom.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.model.CgroupVersion;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryControllerTest {

  @Test
  void versionOne_isTakenWhereItHasTheMemoryController() {
    MemoryController controller =
        MemoryController.parse(
            List.of(
                "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0",
                "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0",
                "cgroup /sys/fs/cgroup/memory cgroup rw,relatime,memory 0 0"),
            List.of("4:memory:/user/one", "3:cpu,cpuacct:/other", "0::/unified"));

    assertThat(controller)
        .isEqualTo(
            new MemoryController(CgroupVersion.V1, Path.of("/sys/fs/cgroup/memory"), "/user/one"));
    assertThat(controller.childDirectory("headroom-lab-x"))
        .isEqualTo(Path.of("/sys/fs/cgroup/memory/user/one/headroom-lab-x"));
  }

  @Test
  void versionTwo_isTakenWhereItOffersMemory_andChildrenAreSiblings(@TempDir Path temp)
      throws Exception {
    Path mount = Files.createDirectory(temp.resolve("with blank"));
    Files.writeString(mount.resolve("cgroup.controllers"), "cpu memory pids\n");
    String escaped = mount.toString().replace(" ", "\\040");

    MemoryController controller =
        MemoryController.parse(
            List.of("cgroup2 " + escaped + " cgroup2 rw 0 0"), List.of("0::/system/shell"));

    assertThat(controller)
        .isEqualTo(new MemoryController(CgroupVersion.V2, mount, "/system/shell"));
    assertThat(controller.childDirectory("headroom-lab-x"))
        .isEqualTo(mount.resolve("system/headroom-lab-x"));
  }

  @Test
  void versionTwoWithoutMemory_isNoMemoryController(@TempDir Path mount) throws Exception {
    Files.writeString(mount.resolve("cgroup.controllers"), "cpu pids\n");

    assertThatThrownBy(() ->
            MemoryController.parse(
                List.of("cgroup2 " + mount + " cgroup2 rw 0 0"), List.of("0::/")))
        .isInstanceOf(LabException.class)
        .hasMessageContaining("no memory controller");
  }

  @Test
  void whereNoCgroupCanBeMade_theFolderAndTheNextStepAreNamed(@TempDir Path temp) {
    Path missing = temp.resolve("not-mounted");

    assertThatThrownBy(
            () -> new MemoryController(CgroupVersion.V1, missing, "/shell").requireCreatable())
        .isInstanceOf(LabException.class)
        .hasMessageContainingAll("cannot make the cgroup " + missing, "run as root");
  }
}
