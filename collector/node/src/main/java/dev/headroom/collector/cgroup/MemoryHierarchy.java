package dev.headroom.collector.cgroup;

import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.kernel.MalformedFileException;
import dev.headroom.model.CgroupVersion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The cgroup hierarchy that holds the memory controller of this node.
 *
 * <p>A controller is in one hierarchy only. A hybrid node mounts version 2 without it and version 1
 * with it; such a node is version 1 here, and its version 2 mount is kept for pressure.
 *
 * @param version the interface
 * @param mountPoint where it is mounted
 * @param mountRoot which cgroup is mounted there, as paths in {@code /proc/<pid>/cgroup} say it;
 *     {@code /} unless the collector itself is in a container
 * @param unified the version 2 hierarchy of a hybrid node
 */
public record MemoryHierarchy(
    CgroupVersion version, Path mountPoint, String mountRoot, @Nullable MemoryHierarchy unified) {

  /** One line of mountinfo that is of use here. */
  private record Mount(String type, Path mountPoint, String root, List<String> superOptions) {}

  /**
   * Finds the hierarchy from {@code <proc>/self/mountinfo}.
   *
   * @return empty when no mounted hierarchy has the memory controller
   */
  public static Optional<MemoryHierarchy> detect(Path proc) throws IOException {
    Path file = proc.resolve("self").resolve("mountinfo");
    List<Mount> mounts = new ArrayList<>();
    for (String line : KernelFile.find(file).orElse("").lines().toList()) {
      mounts.add(parse(file, line));
    }
    @Nullable MemoryHierarchy unified = null;
    boolean unifiedHasMemory = false;
    for (Mount mount : mounts) {
      if (mount.type().equals("cgroup2") && unified == null) {
        unified = new MemoryHierarchy(CgroupVersion.V2, mount.mountPoint(), mount.root(), null);
        unifiedHasMemory = hasMemoryController(mount.mountPoint());
      }
    }
    if (unified != null && unifiedHasMemory) {
      return Optional.of(unified);
    }
    for (Mount mount : mounts) {
      if (mount.type().equals("cgroup") && mount.superOptions().contains("memory")) {
        return Optional.of(
            new MemoryHierarchy(CgroupVersion.V1, mount.mountPoint(), mount.root(), unified));
      }
    }
    return Optional.empty();
  }

  /**
   * The directory of the cgroup with this path, as {@code /proc/<pid>/cgroup} says it; empty when
   * it lies outside of what is mounted here.
   */
  public Optional<Path> findDirectory(String cgroupPath) {
    if (cgroupPath.startsWith("/..")) {
      return Optional.empty();
    }
    String below = cgroupPath;
    if (!mountRoot.equals("/")) {
      if (!cgroupPath.equals(mountRoot) && !cgroupPath.startsWith(mountRoot + "/")) {
        return Optional.empty();
      }
      below = cgroupPath.substring(mountRoot.length());
    }
    return Optional.of(mountPoint.resolve(below.substring(below.startsWith("/") ? 1 : 0)));
  }

  private static boolean hasMemoryController(Path mountPoint) throws IOException {
    String controllers = KernelFile.find(mountPoint.resolve("cgroup.controllers")).orElse("");
    return Arrays.asList(controllers.strip().split(" ")).contains("memory");
  }

  /** Fields as in proc(5): optional ones vary in number and end with a single hyphen. */
  private static Mount parse(Path file, String line) throws MalformedFileException {
    String[] halves = line.split(" - ", 2);
    List<String> before = Arrays.asList(halves[0].split(" "));
    List<String> after = Arrays.asList(halves[halves.length - 1].split(" "));
    if (halves.length < 2 || before.size() < 6 || after.size() < 3) {
      throw new MalformedFileException(file, "a mount as in proc(5)", line);
    }
    return new Mount(
        after.getFirst(),
        Path.of(unescape(before.get(4))),
        unescape(before.get(3)),
        Arrays.asList(after.get(2).split(",")));
  }

  /** The kernel writes space, tab, newline and backslash as octal. */
  private static String unescape(String field) {
    return field
        .replace("\\040", " ")
        .replace("\\011", "\t")
        .replace("\\012", "\n")
        .replace("\\134", "\\");
  }
}
