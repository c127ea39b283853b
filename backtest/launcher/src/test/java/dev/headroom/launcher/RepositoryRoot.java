package dev.headroom.launcher;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Where this source tree begins. */
final class RepositoryRoot {

  private RepositoryRoot() {}

  static Path find() {
    return Stream.iterate(Path.of("").toAbsolutePath(), Path::getParent)
        .filter(directory -> Files.isDirectory(directory.resolve(".mvn")))
        .findFirst()
        .orElseThrow();
  }
}
