package dev.headroom.lab;

import dev.headroom.model.CgroupVersion;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one run of the lab: everything the run makes lies in it, or is written down in its
 * file {@code resources} before it is made. So whoever holds the folder's lock can remove all of
 * it, and the kernel hands the lock over when a lab dies.
 *
 * <p>A line of {@code resources} is {@code boot <id>}, {@code cgroup <V1|V2> <folder>}, {@code
 * server <data folder>}, {@code socket <folder outside the run's>} or {@code process <pid> <start
 * time in clock ticks>}. After a reboot only the folder is left: pids and segments then belong to
 * others.
 */
final class RunFolder implements AutoCloseable {

  private static final long DELETE_TIMEOUT_MS = 30_000;

  private final Path directory;
  private final FileChannel channel;
  private boolean removed;

  private RunFolder(Path directory, FileChannel channel) {
    this.directory = directory;
    this.channel = channel;
  }

  /**
   * Makes the folder of a new run and locks it.
   *
   * @throws LabException when the state folder cannot be written
   */
  static RunFolder create(Path stateDirectory) {
    String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    Path directory = runs(stateDirectory).resolve(id);
    try {
      Files.createDirectories(directory);
      RunFolder folder =
          tryLock(directory)
              .orElseThrow(() -> new LabException("another lab took the new folder " + directory));
      folder.append("boot " + bootId());
      return folder;
    } catch (IOException e) {
      throw new LabException("cannot make the lab's folder %s: %s".formatted(directory, e), e);
    }
  }

  /** The folders of runs whose lab is dead, locked. */
  static List<RunFolder> listAbandoned(Path stateDirectory) {
    Path runs = runs(stateDirectory);
    if (!Files.isDirectory(runs)) {
      return List.of();
    }
    List<RunFolder> abandoned = new ArrayList<>();
    try (Stream<Path> folders = Files.list(runs)) {
      for (Path folder : folders.sorted().toList()) {
        tryLock(folder).ifPresent(abandoned::add);
      }
    } catch (IOException e) {
      throw new LabException("cannot look for earlier runs in %s: %s".formatted(runs, e), e);
    }
    return abandoned;
  }

  Path directory() {
    return directory;
  }

  /** The last part of the folder's path, which also names the run's cgroups. */
  String runId() {
    return String.valueOf(directory.getFileName());
  }

  /**
   * Makes a cgroup after it was written down. Nothing can be made once removal has begun.
   *
   * @param name without the prefix and the run's id
   */
  synchronized LabCgroup makeCgroup(MemoryController controller, String name) {
    requireNotRemoved();
    String fullName = cgroupName(name);
    append("cgroup " + controller.version() + " " + controller.childDirectory(fullName));
    return controller.create(fullName);
  }

  /** The full name of the cgroup that {@link #makeCgroup} makes for a name. */
  String cgroupName(String name) {
    return LabCgroup.NAME_PREFIX + runId() + "-" + name;
  }

  /** Writes down a server that is about to be started in a cgroup of this folder. */
  synchronized void recordServer(Path dataDirectory, Path socketDirectory) {
    requireNotRemoved();
    append("server " + dataDirectory);
    if (!socketDirectory.startsWith(directory)) {
      append("socket " + socketDirectory);
    }
  }

  /** Starts a program that writes itself down before it becomes what the command says. */
  synchronized Process startProcess(ProcessBuilder builder) {
    requireNotRemoved();
    List<String> command = new ArrayList<>(recordingPrefix());
    command.addAll(builder.command());
    try {
      return builder.command(command).start();
    } catch (IOException e) {
      throw new LabException("cannot start %s: %s".formatted(builder.command(), e), e);
    }
  }

  private void requireNotRemoved() {
    if (removed) {
      throw new LabException("the lab is closing");
    }
  }

  private List<String> recordingPrefix() {
    // The shell reads its own stat: after `exec` pid and start time stay what they were. Its name,
    // the only field that may hold blanks, is known to be `sh`.
    return List.of(
        "/bin/sh",
        "-c",
        "read -r stat < /proc/$$/stat; start=$(set -f; set -- $stat; echo \"${22}\"); "
            + "echo \"process $$ $start\" >> \"$0\" && exec \"$@\"",
        resources().toString());
  }

  /**
   * Ends every recorded process, removes every recorded cgroup, then the folder. Doing it twice
   * does nothing the second time.
   */
  synchronized void remove() {
    if (removed) {
      return;
    }
    removed = true;
    List<String> resources = readResources();
    if (resources.contains("boot " + bootId())) {
      removeRecorded(resources);
    }
    deleteTree(directory);
  }

  private void removeRecorded(List<String> resources) {
    List<LabCgroup> cgroups = new ArrayList<>();
    List<Path> servers = new ArrayList<>();
    for (String line : resources) {
      String[] field = line.split(" ", 3);
      switch (field[0]) {
        case "boot" -> {}
        case "cgroup" ->
            cgroups.add(LabCgroup.ofRecorded(CgroupVersion.valueOf(field[1]), Path.of(field[2])));
        case "server" -> servers.add(Path.of(line.substring("server ".length())));
        case "socket" -> deleteTree(Path.of(line.substring("socket ".length())));
        case "process" -> OwnProcess.of(Long.parseLong(field[1]), Long.parseLong(field[2])).end();
        default ->
            throw new LabException("unknown resource in %s: %s".formatted(resources(), line));
      }
    }
    List<Long> pids = cgroups.stream().flatMap(cgroup -> cgroup.processes().stream()).toList();
    Postmaster.stopAll(servers, pids);
    cgroups.forEach(LabCgroup::remove);
  }

  /** Gives up the lock; what is still there is the next run's to remove. */
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new LabException("cannot unlock %s: %s".formatted(directory, e), e);
    }
  }

  /**
   * Deletes a folder with everything in it; links are not followed. A program that is just ending
   * may still write there, so it is tried for 30 s.
   */
  static void deleteTree(Path root) {
    long deadline = System.nanoTime() + DELETE_TIMEOUT_MS * 1_000_000;
    while (Files.exists(root, LinkOption.NOFOLLOW_LINKS)) {
      try (Stream<Path> tree = Files.walk(root)) {
        for (Path path : tree.sorted(Comparator.reverseOrder()).toList()) {
          Files.deleteIfExists(path);
        }
      } catch (IOException | UncheckedIOException e) {
        if (System.nanoTime() > deadline) {
          throw new LabException("cannot delete %s: %s".formatted(root, e), e);
        }
        Pause.ofMillis(50);
      }
    }
  }

  private static Path runs(Path stateDirectory) {
    return stateDirectory.resolve("runs");
  }

  private static String bootId() {
    Path file = Path.of("/proc/sys/kernel/random/boot_id");
    try {
      return Files.readString(file).strip();
    } catch (IOException e) {
      throw new LabException("cannot read %s: %s".formatted(file, e), e);
    }
  }

  private Path resources() {
    return directory.resolve("resources");
  }

  private List<String> readResources() {
    try {
      return Files.exists(resources()) ? Files.readAllLines(resources()) : List.of();
    } catch (IOException e) {
      throw new LabException("cannot read %s: %s".formatted(resources(), e), e);
    }
  }

  private void append(String line) {
    try {
      Files.writeString(
          resources(),
          line + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND,
          StandardOpenOption.DSYNC);
    } catch (IOException e) {
      throw new LabException("cannot write to %s: %s".formatted(resources(), e), e);
    }
  }

  private static Optional<RunFolder> tryLock(Path directory) throws IOException {
    FileChannel channel =
        FileChannel.open(
            directory.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    @Nullable FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // A lab of this very process holds it.
    }
    if (lock == null) {
      channel.close();
      return Optional.empty();
    }
    return Optional.of(new RunFolder(directory, channel));
  }
}
