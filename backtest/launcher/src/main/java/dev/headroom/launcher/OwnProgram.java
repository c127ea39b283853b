package dev.headroom.launcher;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** How to start this very program once more, as a process of its own. */
final class OwnProgram {

  private OwnProgram() {}

  /**
   * The command line of another {@code headroom} with these arguments, on the same Java and
   * classes.
   */
  static List<String> command(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(ProcessHandle.current().info().command().orElse("java"));
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Headroom.class.getName()));
    return Stream.concat(command.stream(), Stream.of(arguments)).toList();
  }
}
