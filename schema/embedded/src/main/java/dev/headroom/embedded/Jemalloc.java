package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The allocator jemalloc, built for the C library that a Postgres runs with. */
public final class Jemalloc {

  private static final String FILE = "libjemalloc.so.2";

  private Jemalloc() {}

  /** The library to preload into that Postgres; empty when it is not installed. */
  public static Optional<Path> find(PostgresInstall install) {
    return listFolders(install).stream()
        .map(folder -> folder.resolve(FILE))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  private static List<Path> listFolders(PostgresInstall install) {
    return switch (install.kind()) {
      // Its programs have a C library of their own, and must not meet the machine's libraries.
      case PRIVATE -> listMultiarch(install.bin().resolve("../../..").normalize());
      case SYSTEM -> {
        List<Path> folders = new ArrayList<>(listMultiarch(Path.of("/usr/lib")));
        folders.addAll(
            List.of(Path.of("/usr/lib64"), Path.of("/usr/lib"), Path.of("/usr/local/lib")));
        yield folders;
      }
    };
  }

  private static List<Path> listMultiarch(Path libraries) {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> folders = Files.newDirectoryStream(libraries, "*-linux-gnu*")) {
      folders.forEach(found::add);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot list " + libraries + ": " + e, e);
    }
    return found;
  }
}
