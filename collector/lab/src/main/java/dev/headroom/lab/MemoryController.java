package dev.headroom.lab;

import dev.headroom.model.CgroupVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Where this machine limits memory, and where below it this process lives. On a hybrid machine the
 * memory controller sits on version 1, and so does the lab.
 *
 * @param version the interface that limits memory
 * @param mount where the hierarchy is mounted
 * @param ownPath this process's cgroup, below the mount, with a leading slash
 */
public record MemoryController(CgroupVersion version, Path mount, String ownPath) {

  private static final long PROBE_BYTES = 1L << 26;
  private static final Pattern MOUNT_ESCAPE = Pattern.compile("\\\\([0-7]{3})");

  /**
   * Finds the controller of this process.
   *
   * @throws LabException when no memory controller is mounted; the message says what was looked for
   */
  public static MemoryController find() {
    try {
      return parse(
          Files.readAllLines(Path.of("/proc/self/mounts")),
          Files.readAllLines(Path.of("/proc/self/cgroup")));
    } catch (IOException e) {
      throw new LabException("cannot read /proc/self/mounts and /proc/self/cgroup: " + e, e);
    }
  }

  /**
   * @param mounts the lines of {@code /proc/self/mounts}
   * @param memberships the lines of {@code /proc/self/cgroup}
   */
  static MemoryController parse(List<String> mounts, List<String> memberships) {
    Map<String, String> pathByController = pathByController(memberships);
    for (String line : mounts) {
      String[] field = line.split(" ", -1);
      String path = pathByController.get("memory");
      if (field[2].equals("cgroup") && List.of(field[3].split(",")).contains("memory")) {
        if (path != null) {
          return new MemoryController(CgroupVersion.V1, unescape(field[1]), path);
        }
      }
    }
    for (String line : mounts) {
      String[] field = line.split(" ", -1);
      String path = pathByController.get("");
      if (field[2].equals("cgroup2") && path != null) {
        Path mount = unescape(field[1]);
        if (offersMemory(mount)) {
          return new MemoryController(CgroupVersion.V2, mount, path);
        }
      }
    }
    throw new LabException(
        "no memory controller: /proc/self/mounts has neither a cgroup mount with `memory` nor a"
            + " cgroup2 mount whose cgroup.controllers lists it; run the lab where the memory"
            + " controller is mounted");
  }

  /**
   * Makes sure that cgroups can be made and limited here, by making one and removing it.
   *
   * @throws LabException when they cannot; the message says which permission is missing
   */
  public void requireCreatable() {
    LabCgroup probe = create(LabCgroup.NAME_PREFIX + "probe-" + ProcessHandle.current().pid());
    try {
      probe.limit(PROBE_BYTES);
    } finally {
      probe.remove();
    }
  }

  /**
   * Makes a child cgroup of this process's own.
   *
   * @throws LabException when it may not be made here; the message says which permission is missing
   */
  LabCgroup create(String name) {
    if (version == CgroupVersion.V2) {
      delegateMemory();
    }
    Path directory = childDirectory(name);
    try {
      Files.createDirectory(directory);
    } catch (IOException e) {
      throw new LabException(
          "cannot make the cgroup %s (%s); run as root, or in a cgroup that is delegated to you"
              .formatted(directory, e.getClass().getSimpleName()),
          e);
    }
    return new LabCgroup(version, directory);
  }

  /** The folder that {@link #create} makes for a name. */
  Path childDirectory(String name) {
    return mount.resolve(parentPath().substring(1)).resolve(name);
  }

  /** The path below the mount of what {@link #create} makes for a name. */
  String childPath(String name) {
    return parentPath().equals("/") ? "/" + name : parentPath() + "/" + name;
  }

  /**
   * Version 2 lets no cgroup but the root have both processes and controlled children, so there the
   * lab's cgroups are siblings of this process's own.
   */
  private String parentPath() {
    if (version == CgroupVersion.V1 || ownPath.equals("/")) {
      return ownPath;
    }
    int slash = ownPath.lastIndexOf('/');
    return slash <= 0 ? "/" : ownPath.substring(0, slash);
  }

  private void delegateMemory() {
    Path control = mount.resolve(parentPath().substring(1)).resolve("cgroup.subtree_control");
    try {
      if (!List.of(Files.readString(control).strip().split(" ")).contains("memory")) {
        Files.writeString(control, "+memory");
      }
    } catch (IOException e) {
      throw new LabException(
          "cannot hand the memory controller to child cgroups in %s (%s); run as root, or in a cgroup"
                  .formatted(control, e.getMessage())
              + " that is delegated to you with its memory controller",
          e);
    }
  }

  private static boolean offersMemory(Path mount) {
    try {
      String controllers = Files.readString(mount.resolve("cgroup.controllers"));
      return List.of(controllers.strip().split(" ")).contains("memory");
    } catch (IOException e) {
      return false;
    }
  }

  private static Map<String, String> pathByController(List<String> memberships) {
    return memberships.stream()
        .map(line -> line.split(":", 3))
        .filter(field -> field.length == 3)
        .flatMap(field -> Stream.of(field[1].split(",", -1)).map(c -> Map.entry(c, field[2])))
        .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (a, b) -> a));
  }

  /** {@code /proc/self/mounts} writes blanks and the like as three octal digits. */
  private static Path unescape(String mountPoint) {
    Matcher matcher = MOUNT_ESCAPE.matcher(mountPoint);
    return Path.of(
        matcher.replaceAll(
            match -> Character.toString((char) Integer.parseInt(match.group(1), 8))));
  }
}
