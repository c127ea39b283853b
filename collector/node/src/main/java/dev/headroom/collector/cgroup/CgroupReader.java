package dev.headroom.collector.cgroup;

import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.kernel.MalformedFileException;
import dev.headroom.model.CgroupVersion;
import dev.headroom.model.MemoryLimit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the memory files of one cgroup. A file that cannot be read is absent and its problem goes
 * to the given consumer, so that one bad file does not hide the others.
 */
public final class CgroupReader {

  /**
   * What v1 shows for "no limit": the page counter's maximum, which depends on the page size; this
   * is the smallest of them (64 KiB pages).
   */
  private static final long V1_UNLIMITED_BYTES = Long.MAX_VALUE / 65536 * 65536;

  private final MemoryHierarchy hierarchy;
  private final Path directory;

  /**
   * @param directory of the cgroup, from {@link MemoryHierarchy#findDirectory}
   */
  public CgroupReader(MemoryHierarchy hierarchy, Path directory) {
    this.hierarchy = hierarchy;
    this.directory = directory;
  }

  /** Whether the cgroup is still there. */
  public boolean exists() {
    return Files.isDirectory(directory);
  }

  /** Reads every memory file. */
  public CgroupMemory read(Consumer<IOException> problems) {
    return switch (hierarchy.version()) {
      case V1 ->
          new CgroupMemory.V1(
              number("memory.usage_in_bytes", problems),
              number("memory.max_usage_in_bytes", problems),
              attempt(() -> limit(directory), problems),
              number("memory.failcnt", problems),
              number("memory.kmem.usage_in_bytes", problems),
              number("memory.kmem.tcp.usage_in_bytes", problems),
              flatKeyed("memory.stat", problems),
              flatKeyed("memory.oom_control", problems));
      case V2 ->
          new CgroupMemory.V2(
              number("memory.current", problems),
              number("memory.peak", problems),
              attempt(() -> limit(directory), problems),
              number("memory.swap.current", problems),
              flatKeyed("memory.stat", problems),
              flatKeyed("memory.events", problems),
              number("memory.oom.group", problems));
    };
  }

  /** The kernel's own count of OOM kills in the cgroup; empty when it cannot be read. */
  public OptionalLong findOomKills(Consumer<IOException> problems) {
    String file =
        switch (hierarchy.version()) {
          case V1 -> "memory.oom_control";
          case V2 -> "memory.events";
        };
    @Nullable Long count = flatKeyed(file, problems).get("oom_kill");
    return count == null ? OptionalLong.empty() : OptionalLong.of(count);
  }

  /**
   * The smallest limit on the way from the cgroup to the root of what is mounted; empty when no
   * limit on the way could be read.
   */
  public Optional<MemoryLimit> findEffectiveLimit(Consumer<IOException> problems) {
    @Nullable MemoryLimit smallest = null;
    for (@Nullable Path at = directory;
        at != null && at.startsWith(hierarchy.mountPoint());
        at = at.getParent()) {
      Path here = at;
      @Nullable MemoryLimit limit = attempt(() -> limit(here), problems);
      if (limit != null) {
        smallest = smallest == null ? limit : smaller(smallest, limit);
      }
    }
    return Optional.ofNullable(smallest);
  }

  /** The process ids in the cgroup itself, ascending, as this node sees them. */
  public List<Integer> listPids() throws IOException {
    Path file = directory.resolve("cgroup.procs");
    List<Integer> pids = new ArrayList<>();
    for (String line : KernelFile.find(file).orElse("").lines().toList()) {
      try {
        pids.add(Integer.parseInt(line));
      } catch (NumberFormatException notAPid) {
        throw new MalformedFileException(file, "a process id on each line", line);
      }
    }
    return pids.stream().distinct().sorted().toList();
  }

  /**
   * The cgroup's pressure. A hybrid node keeps it in the version 2 hierarchy, for which the caller
   * gives the cgroup's directory there.
   */
  public static Optional<MemoryPressure> findPressure(
      Path directory, Consumer<IOException> problems) {
    return Optional.ofNullable(
        attempt(
            () -> MemoryPressure.find(directory.resolve("memory.pressure")).orElse(null),
            problems));
  }

  private @Nullable MemoryLimit limit(Path cgroup) throws IOException {
    if (hierarchy.version() == CgroupVersion.V1) {
      OptionalLong bytes = KernelFile.findNumber(cgroup.resolve("memory.limit_in_bytes"));
      if (bytes.isEmpty()) {
        return null;
      }
      return bytes.getAsLong() >= V1_UNLIMITED_BYTES
          ? MemoryLimit.UNLIMITED
          : MemoryLimit.ofBytes(bytes.getAsLong());
    }
    Path file = cgroup.resolve("memory.max");
    if (KernelFile.find(file).map(String::strip).filter("max"::equals).isPresent()) {
      return MemoryLimit.UNLIMITED;
    }
    OptionalLong bytes = KernelFile.findNumber(file);
    return bytes.isEmpty() ? null : MemoryLimit.ofBytes(bytes.getAsLong());
  }

  private static MemoryLimit smaller(MemoryLimit one, MemoryLimit other) {
    if (one instanceof MemoryLimit.Bytes(long oneBytes)
        && other instanceof MemoryLimit.Bytes(long otherBytes)) {
      return oneBytes <= otherBytes ? one : other;
    }
    return one instanceof MemoryLimit.Unlimited ? other : one;
  }

  private @Nullable Long number(String name, Consumer<IOException> problems) {
    return attempt(
        () -> {
          OptionalLong value = KernelFile.findNumber(directory.resolve(name));
          return value.isEmpty() ? null : value.getAsLong();
        },
        problems);
  }

  private Map<String, Long> flatKeyed(String name, Consumer<IOException> problems) {
    Map<String, Long> values =
        attempt(() -> KernelFile.readFlatKeyed(directory.resolve(name)), problems);
    return values == null ? Map.of() : values;
  }

  private interface Reading<T> {
    @Nullable T read() throws IOException;
  }

  private static <T> @Nullable T attempt(Reading<T> reading, Consumer<IOException> problems) {
    try {
      return reading.read();
    } catch (IOException problem) {
      problems.accept(problem);
      return null;
    }
  }
}
