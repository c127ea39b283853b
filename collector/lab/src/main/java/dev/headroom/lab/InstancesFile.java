package dev.headroom.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/** Tells a collector which servers a run will make, and the labels they carry. */
final class InstancesFile {

  private InstancesFile() {}

  /** One line of the list, in the collector's own words. */
  private record Entry(String dataDirectory, String cgroupPath, Map<String, String> labels) {}

  /** Writes the list of all victims into the run's folder. */
  static Path write(RunFolder folder, MemoryController controller, List<Scenario> scenarios) {
    List<Entry> entries =
        scenarios.stream()
            .flatMap(scenario ->
                VictimPlace.list(scenario, controller, folder).stream()
                    .map(place ->
                        new Entry(
                            place.dataDirectory().toString(),
                            place.cgroupPath(),
                            Map.of("scenario", scenario.name(), "lab", folder.runId()))))
            .toList();
    Path file = folder.directory().resolve("instances.json");
    try {
      Files.writeString(file, JsonMapper.shared().writeValueAsString(entries));
      return file;
    } catch (IOException e) {
      throw new LabException("cannot write %s: %s".formatted(file, e), e);
    }
  }
}
