package dev.headroom.collector;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Which of the Postgres servers on a node a collector watches. */
public sealed interface InstanceSelection {

  /** The labels of a server that is watched; empty when it is not. */
  Optional<Map<String, String>> findLabels(String cgroupPath, String dataDirectory);

  /** Whether OOM kills in this cgroup are recorded although no watched server is in it. */
  boolean concernsCgroup(String cgroupPath);

  /**
   * Every server, or those in cgroups at or below a path.
   *
   * @param cgroupPath absent for the whole node
   * @param labels of each of them
   */
  record Discovered(@Nullable String cgroupPath, Map<String, String> labels)
      implements InstanceSelection {

    public Discovered {
      labels = Map.copyOf(labels);
    }

    @Override
    public Optional<Map<String, String>> findLabels(String cgroup, String dataDirectory) {
      return concernsCgroup(cgroup) ? Optional.of(labels) : Optional.empty();
    }

    @Override
    public boolean concernsCgroup(String cgroup) {
      return cgroupPath == null || cgroup.equals(cgroupPath) || cgroup.startsWith(cgroupPath + "/");
    }
  }

  /** Those that a list names. */
  record Listed(List<Entry> entries) implements InstanceSelection {

    /**
     * One of the list.
     *
     * @param dataDirectory as the server itself sees it; absent for any
     * @param cgroupPath its memory cgroup; absent for any
     */
    public record Entry(
        @Nullable String dataDirectory,
        @Nullable String cgroupPath,
        @Nullable Map<String, String> labels) {

      private boolean matches(String cgroup, String directory) {
        return (dataDirectory == null || dataDirectory.equals(directory))
            && (cgroupPath == null || cgroupPath.equals(cgroup));
      }
    }

    public Listed {
      entries = List.copyOf(entries);
    }

    @Override
    public Optional<Map<String, String>> findLabels(String cgroup, String dataDirectory) {
      return entries.stream()
          .filter(entry -> entry.matches(cgroup, dataDirectory))
          .findFirst()
          .map(entry -> entry.labels() == null ? Map.of() : entry.labels());
    }

    @Override
    public boolean concernsCgroup(String cgroup) {
      return entries.stream().anyMatch(entry -> cgroup.equals(entry.cgroupPath()));
    }
  }

  /** Every server of the node. */
  static InstanceSelection discover() {
    return new Discovered(null, Map.of());
  }

  /**
   * Reads a list from a YAML or JSON file:
   *
   * <pre>
   * - dataDirectory: /var/lib/postgresql/17/main
   *   labels: {team: payments}
   * - cgroupPath: /kubepods/pod7/postgres
   * </pre>
   *
   * @throws IOException when it cannot be read or is no such list
   */
  static InstanceSelection read(Path file) throws IOException {
    try {
      Listed.Entry[] entries =
          new YAMLMapper().readValue(Files.readString(file), Listed.Entry[].class);
      for (Listed.Entry entry : entries) {
        if (entry == null || (entry.dataDirectory() == null && entry.cgroupPath() == null)) {
          throw new IOException(
              file + ": each instance needs dataDirectory or cgroupPath, or both");
        }
      }
      return new Listed(List.of(entries));
    } catch (JacksonException malformed) {
      throw new IOException(
          file
              + ": expected a list of instances with dataDirectory, cgroupPath and labels: "
              + malformed.getOriginalMessage(),
          malformed);
    }
  }
}
