package dev.headroom.collector.capture;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * A memory cgroup of a test's own, v1 or v2, in which real processes are killed by the real OOM
 * killer.
 */
final class OomCgroup implements AutoCloseable {

  static final long LIMIT_BYTES = 64L << 20;

  private static final AtomicInteger COUNT = new AtomicInteger();
  private static final long KILL_TIMEOUT_SECONDS = 90;

  private final Path folder;
  private final String path;
  private final boolean v2;
  private final List<Process> processes = new ArrayList<>();

  private OomCgroup(Path folder, String path, boolean v2) {
    this.folder = folder;
    this.path = path;
    this.v2 = v2;
  }

  /**
   * A new child of this process's memory cgroup with that limit; the test is skipped where that is
   * not possible.
   */
  static OomCgroup create() throws IOException {
    return create(LIMIT_BYTES);
  }

  /** As {@link #create()}, with another limit. */
  static OomCgroup create(long limitBytes) throws IOException {
    assumeTrue(Files.isWritable(Path.of("/proc/sys/kernel/printk")), "OOM kills need root");
    String name =
        "headroom-test-%d-%d".formatted(ProcessHandle.current().pid(), COUNT.incrementAndGet());
    String v1 = cgroupPath("memory");
    boolean v2 = v1.isEmpty();
    Path mount = v2 ? Path.of("/sys/fs/cgroup") : Path.of("/sys/fs/cgroup/memory");
    String parent = v2 ? cgroupPath("") : v1;
    Path parentFolder = mount.resolve(parent.substring(1));
    if (v2) {
      try {
        Files.writeString(parentFolder.resolve("cgroup.subtree_control"), "+memory");
      } catch (IOException e) {
        assumeTrue(
            false,
            "the memory controller cannot be handed to children of " + parentFolder + ": " + e);
      }
    }
    Path folder = Files.createDirectory(parentFolder.resolve(name));
    String path = (parent.equals("/") ? "" : parent) + "/" + name;
    OomCgroup cgroup = new OomCgroup(folder, path, v2);
    Files.writeString(
        folder.resolve(v2 ? "memory.max" : "memory.limit_in_bytes"), Long.toString(limitBytes));
    if (v2 && Files.exists(folder.resolve("memory.swap.max"))) {
      Files.writeString(folder.resolve("memory.swap.max"), "0");
    }
    return cgroup;
  }

  /** This process's path in the hierarchy of that v1 controller; with the empty name, in v2. */
  private static String cgroupPath(String controller) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/cgroup"))) {
      String[] fields = line.split(":", 3);
      if (Arrays.asList(fields[1].split(",", -1)).contains(controller)) {
        return fields[2];
      }
    }
    return "";
  }

  /** The processes started here so far. */
  Set<Integer> pids() {
    return processes.stream().map(process -> (int) process.pid()).collect(Collectors.toSet());
  }

  boolean isV2() {
    return v2;
  }

  String path() {
    return path;
  }

  long id() throws IOException {
    return (long) Files.getAttribute(folder, "unix:ino");
  }

  /** Starts a program in this cgroup. */
  Process start(String... command) throws IOException {
    List<String> line =
        new ArrayList<>(
            List.of("sh", "-c", "echo 0 > " + folder + "/cgroup.procs && exec \"$@\"", "sh"));
    line.addAll(List.of(command));
    Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
    processes.add(process);
    return process;
  }

  /** Starts a process that takes memory until it is killed. */
  Process startHog() throws IOException {
    return start("tail", "/dev/zero");
  }

  /** Has a hog killed; returns the victim's pid. */
  long kill() throws Exception {
    Process hog = startHog();
    awaitKilled(hog);
    return hog.pid();
  }

  static void awaitKilled(Process process) throws Exception {
    if (!process.waitFor(KILL_TIMEOUT_SECONDS, TimeUnit.SECONDS)
        || process.exitValue() != 128 + 9) {
      throw new AssertionError("process %d was not killed: %s".formatted(process.pid(), process));
    }
  }

  void setGroupKill() throws IOException {
    Files.writeString(folder.resolve("memory.oom.group"), "1");
  }

  /** The kernel's own count of OOM kills in this cgroup. */
  long oomKillCount() throws IOException {
    for (String line :
        Files.readAllLines(folder.resolve(v2 ? "memory.events" : "memory.oom_control"))) {
      if (line.startsWith("oom_kill ")) {
        return Long.parseLong(line.substring("oom_kill ".length()));
      }
    }
    throw new IOException("no oom_kill counter in " + folder);
  }

  /**
   * Ends what still runs in it and removes it. The kernel lets go of a cgroup a moment after its
   * last process.
   */
  @Override
  public void close() throws IOException {
    for (String pid : Files.readAllLines(folder.resolve("cgroup.procs"))) {
      ProcessHandle.of(Long.parseLong(pid)).ifPresent(ProcessHandle::destroyForcibly);
    }
    processes.forEach(Process::destroyForcibly);
    processes.forEach(process -> process.onExit().join());
    for (int attempt = 0; attempt < 1500 && folder.toFile().exists(); attempt++) {
      if (!folder.toFile().delete()) {
        LockSupport.parkNanos(20_000_000);
      }
    }
    if (folder.toFile().exists()) {
      throw new IOException("the kernel keeps " + folder);
    }
  }
}
