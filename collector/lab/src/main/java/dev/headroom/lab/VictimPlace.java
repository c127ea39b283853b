package dev.headroom.lab;

import dev.headroom.model.InstanceId;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Where a victim will be, known before it is made.
 *
 * @param name within its run
 * @param cgroupPath below the controller's mount
 * @param directory holds its folder {@code data} and its log
 */
record VictimPlace(String name, String cgroupPath, Path directory) {

  /** The places of a scenario's victims. */
  static List<VictimPlace> list(Scenario scenario, MemoryController controller, RunFolder folder) {
    return IntStream.rangeClosed(1, scenario.victims())
        .mapToObj(
            n -> scenario.victims() == 1 ? scenario.name() : "%s-%d".formatted(scenario.name(), n))
        .map(name -> of(name, controller, folder))
        .toList();
  }

  /** The place of the victim with this name. */
  static VictimPlace of(String name, MemoryController controller, RunFolder folder) {
    return new VictimPlace(
        name, controller.childPath(folder.cgroupName(name)), folder.directory().resolve(name));
  }

  Path dataDirectory() {
    return directory.resolve("data");
  }

  /**
   * The name every collector gives to this victim.
   *
   * @param node the collector's name for this machine
   */
  InstanceId instanceId(String node) {
    return InstanceId.of(node, cgroupPath, dataDirectory().toString());
  }
}
