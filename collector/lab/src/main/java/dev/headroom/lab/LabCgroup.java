package dev.headroom.lab;

import dev.headroom.model.CgroupVersion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A memory cgroup that the lab made and will remove.
 *
 * @param version the interface its files follow
 * @param directory its folder
 */
record LabCgroup(CgroupVersion version, Path directory) {

  /** The names of the lab's cgroups start with this; nothing else is ever removed. */
  static final String NAME_PREFIX = "headroom-lab-";

  private static final long REMOVE_TIMEOUT_MS = 60_000;

  /** An existing cgroup of the lab's, as an earlier run recorded it. */
  static LabCgroup ofRecorded(CgroupVersion version, Path directory) {
    Path name = directory.getFileName();
    if (name == null || !name.toString().startsWith(NAME_PREFIX)) {
      throw new LabException("not a cgroup of the lab: " + directory);
    }
    return new LabCgroup(version, directory);
  }

  /** Limits memory and swap together, so that nothing but a kill can follow. */
  void limit(long memoryMaxBytes) {
    String bytes = Long.toString(memoryMaxBytes);
    if (version == CgroupVersion.V1) {
      write("memory.limit_in_bytes", bytes);
      writeIfPresent("memory.memsw.limit_in_bytes", bytes);
    } else {
      write("memory.max", bytes);
      writeIfPresent("memory.swap.max", "0");
    }
  }

  /** Whether one kill here shall kill every process of the cgroup. */
  void killAsGroup() {
    if (version == CgroupVersion.V1) {
      throw new LabException("a group kill needs cgroup version 2 (memory.oom.group)");
    }
    write("memory.oom.group", "1");
  }

  /**
   * The start of a command that joins this cgroup before it becomes the rest of the command, so
   * that every byte of that program is charged here.
   */
  List<String> commandPrefix() {
    return List.of(
        "/bin/sh",
        "-c",
        "echo $$ > \"$0\" && exec \"$@\"",
        directory.resolve("cgroup.procs").toString());
  }

  /**
   * How many processes of this cgroup the kernel says it has killed for memory. It counts the first
   * victim of a group kill twice, which is taken off.
   */
  long oomKills() {
    String file = version == CgroupVersion.V1 ? "memory.oom_control" : "memory.events";
    Map<String, Long> counters =
        readLines(file).stream()
            .map(line -> line.split(" ", -1))
            .filter(field -> field.length == 2)
            .collect(Collectors.toMap(field -> field[0], field -> Long.parseLong(field[1])));
    Long kills = counters.get("oom_kill");
    if (kills == null) {
      throw new LabException("no oom_kill counter in " + directory.resolve(file));
    }
    return kills - counters.getOrDefault("oom_group_kill", 0L);
  }

  /** What the kernel charges now, page cache included. */
  long usageBytes() {
    String file = version == CgroupVersion.V1 ? "memory.usage_in_bytes" : "memory.current";
    return Long.parseLong(readLines(file).getFirst().strip());
  }

  /** Anonymous memory now. */
  long anonBytes() {
    String key = version == CgroupVersion.V1 ? "total_rss " : "anon ";
    return readLines("memory.stat").stream()
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> Long.parseLong(line.substring(key.length())))
        .findFirst()
        .orElseThrow(() -> new LabException("no %sin %s/memory.stat".formatted(key, directory)));
  }

  /** The highest use the kernel saw, page cache included. */
  long peakBytes() {
    String file = version == CgroupVersion.V1 ? "memory.max_usage_in_bytes" : "memory.peak";
    return Long.parseLong(readLines(file).getFirst().strip());
  }

  List<Long> processes() {
    try {
      return Files.readAllLines(directory.resolve("cgroup.procs")).stream()
          .map(Long::valueOf)
          .toList();
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new LabException("cannot read %s/cgroup.procs: %s".formatted(directory, e), e);
    }
  }

  /**
   * Kills what still runs here and removes the cgroup; one that is already gone is no error.
   *
   * @throws LabException when it could not be removed within a minute
   */
  void remove() {
    long deadline = System.nanoTime() + REMOVE_TIMEOUT_MS * 1_000_000;
    IOException last = null;
    while (System.nanoTime() < deadline) {
      try {
        for (long pid : processes()) {
          ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
        }
        if (Files.isDirectory(directory)) {
          try (Stream<Path> children = Files.list(directory)) {
            for (Path child : children.filter(Files::isDirectory).toList()) {
              new LabCgroup(version, child).remove();
            }
          }
        }
        Files.deleteIfExists(directory);
        return;
      } catch (IOException e) {
        last = e;
        Pause.ofMillis(20);
      }
    }
    throw new LabException(
        "cannot remove the cgroup %s: %s; it still has processes %s"
            .formatted(directory, last, processes()),
        last);
  }

  private List<String> readLines(String file) {
    try {
      return Files.readAllLines(directory.resolve(file));
    } catch (IOException e) {
      throw new LabException("cannot read %s/%s: %s".formatted(directory, file, e), e);
    }
  }

  private void writeIfPresent(String file, String value) {
    if (Files.exists(directory.resolve(file))) {
      write(file, value);
    }
  }

  private void write(String file, String value) {
    try {
      Files.write(
          directory.resolve(file),
          value.getBytes(StandardCharsets.US_ASCII),
          StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new LabException(
          "cannot write %s to %s/%s: %s".formatted(value, directory, file, e.getMessage()), e);
    }
  }
}
