package dev.headroom.collector.cgroup;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.kernel.MalformedFileException;
import dev.headroom.model.CgroupVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryHierarchyTest {

  @TempDir private Path folder;

  @Test
  void v2_isFoundWhenItHasTheMemoryController() throws IOException {
    controllers("unified", "cpu io memory pids");
    mounts(line("/", "unified", "cgroup2", "rw"));

    MemoryHierarchy hierarchy = MemoryHierarchy.detect(folder).orElseThrow();

    assertThat(hierarchy)
        .isEqualTo(new MemoryHierarchy(CgroupVersion.V2, mount("unified"), "/", null));
    assertThat(hierarchy.findDirectory("/pod/db")).contains(mount("unified").resolve("pod/db"));
  }

  @Test
  void hybrid_isV1AndKeepsTheUnifiedMountForPressure() throws IOException {
    controllers("unified", "");
    mounts(
        line("/", "cpu", "cgroup", "rw,cpu"),
        line("/", "memory", "cgroup", "rw,memory"),
        line("/", "unified", "cgroup2", "rw"));

    MemoryHierarchy hierarchy = MemoryHierarchy.detect(folder).orElseThrow();

    assertThat(hierarchy.version()).isEqualTo(CgroupVersion.V1);
    assertThat(hierarchy.mountPoint()).isEqualTo(mount("memory"));
    assertThat(hierarchy.unified())
        .isEqualTo(new MemoryHierarchy(CgroupVersion.V2, mount("unified"), "/", null));
  }

  @Test
  void noMemoryController_isEmpty() throws IOException {
    mounts(line("/", "cpu", "cgroup", "rw,cpu"));

    assertThat(MemoryHierarchy.detect(folder)).isEmpty();
  }

  @Test
  void cgroupOfAContainer_isFoundBelowTheMountedRootOnly() throws IOException {
    mounts(line("/docker/abc", "memory", "cgroup", "rw,memory"));

    MemoryHierarchy hierarchy = MemoryHierarchy.detect(folder).orElseThrow();

    assertThat(hierarchy.findDirectory("/docker/abc/db")).contains(mount("memory").resolve("db"));
    assertThat(hierarchy.findDirectory("/docker/abc")).contains(mount("memory"));
    assertThat(hierarchy.findDirectory("/docker/abcd")).isEmpty();
    assertThat(hierarchy.findDirectory("/../other")).isEmpty();
  }

  @Test
  void mountPointWithASpace_isUnescaped() throws IOException {
    mounts("31 23 0:28 / /a\\040b\\134c rw shared:9 - cgroup cgroup rw,memory");

    assertThat(MemoryHierarchy.detect(folder).orElseThrow().mountPoint())
        .isEqualTo(Path.of("/a b\\c"));
  }

  @Test
  void corruptMountinfo_namesTheFileAndTheLine() throws IOException {
    mounts("what is this");

    assertThatThrownBy(() -> MemoryHierarchy.detect(folder))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("mountinfo")
        .hasMessageContaining("what is this");
  }

  @Test
  void thisMachine_hasAMemoryHierarchyWithTheTestsOwnCgroup() throws IOException {
    MemoryHierarchy hierarchy = MemoryHierarchy.detect(Path.of("/proc")).orElseThrow();

    assertThat(hierarchy.mountPoint()).isDirectory();
  }

  private Path mount(String name) {
    return folder.resolve(name);
  }

  private String line(String root, String name, String type, String options) {
    return "31 23 0:28 %s %s rw,relatime - %s none %s".formatted(root, mount(name), type, options);
  }

  private void mounts(String... lines) throws IOException {
    Files.createDirectories(folder.resolve("self"));
    Files.write(folder.resolve("self/mountinfo"), List.of(lines));
  }

  private void controllers(String name, String controllers) throws IOException {
    Files.createDirectories(mount(name));
    Files.writeString(mount(name).resolve("cgroup.controllers"), controllers + "\n");
  }
}
