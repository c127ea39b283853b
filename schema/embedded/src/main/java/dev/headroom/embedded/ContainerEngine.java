package dev.headroom.embedded;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds a container engine that really answers: the program alone says nothing. */
final class ContainerEngine {

  private static final Duration ANSWER = Duration.ofSeconds(4);

  private ContainerEngine() {}

  /**
   * The first of docker and podman on the path that answers {@code info} in time.
   *
   * @param searchPath folders separated by colons
   */
  static Optional<Path> find(String searchPath) {
    return Stream.of("docker", "podman")
        .flatMap(name -> ExternalCommand.find(name, searchPath).stream())
        .filter(ContainerEngine::answers)
        .findFirst();
  }

  private static boolean answers(Path engine) {
    try {
      return ExternalCommand.of(ANSWER, engine.toString(), "info").run().succeeded();
    } catch (EmbeddedDatabaseException e) {
      return false;
    }
  }
}
