package dev.headroom.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.databind.json.JsonMapper;

/** Tells a collector which servers a run will make, and the labels they carry. */
final class InstancesFile {

  private InstancesFile() {}

  /**
   * One server that a run will make.
   *
   * @param place where
   * @param labels beside the run's own
   */
  record Listed(VictimPlace place, Map<String, String> labels) {}

  /** One line of the list, in the collector's own words. */
  private record Entry(String dataDirectory, String cgroupPath, Map<String, String> labels) {}

  /** The servers of scenarios, each labelled with its scenario. */
  static List<Listed> ofScenarios(
      RunFolder folder, MemoryController controller, List<Scenario> scenarios) {
    return scenarios.stream()
        .flatMap(scenario ->
            VictimPlace.list(scenario, controller, folder).stream()
                .map(place -> listed(place, scenario)))
        .toList();
  }

  /** A server labelled with its scenario. */
  static Listed listed(VictimPlace place, Scenario scenario) {
    return new Listed(place, Map.of("scenario", scenario.name()));
  }

  /** Writes the list into the run's folder. */
  static Path write(RunFolder folder, List<Listed> servers) {
    List<Entry> entries = servers.stream().map(each -> entry(each, folder.runId())).toList();
    Path file = folder.directory().resolve("instances.json");
    try {
      Files.writeString(file, JsonMapper.shared().writeValueAsString(entries));
      return file;
    } catch (IOException e) {
      throw new LabException("cannot write %s: %s".formatted(file, e), e);
    }
  }

  private static Entry entry(Listed server, String runId) {
    Map<String, String> labels = new TreeMap<>(server.labels());
    labels.put(Lab.RUN_LABEL, runId);
    return new Entry(
        server.place().dataDirectory().toString(), server.place().cgroupPath(), labels);
  }
}
