package dev.headroom.lab;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * How to start a collector as a process of its own. Once it captures kills, that process prints a
 * line with {@value #CAPTURING}: the lab waits for it before it kills.
 */
@FunctionalInterface
public interface CollectorCommand {

  /** What the process prints once it captures kills. */
  String CAPTURING = "capturing OOM kills";

  /**
   * The program and its arguments.
   *
   * @param instancesFile lists the victims with their labels, as {@code
   *     dev.headroom.collector.InstanceSelection} reads it
   */
  List<String> watching(Path instancesFile);

  /** What its environment has beside this process's own; the place for what others may not read. */
  default Map<String, String> environment() {
    return Map.of();
  }
}
