package dev.headroom.launcher;

import dev.headroom.embedded.PostgresInstall;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A Postgres install laid out again in a private folder, so that a test may write into it: Postgres
 * finds its libraries and scripts relative to its programs. The programs are copies, all else are
 * links to the files of the original.
 */
final class PostgresCopy {

  /** Nothing that a server needs. */
  private static final Set<String> LEFT_OUT = Set.of("bitcode", "pgxs", "man");

  private final Path folder;
  private final Path programs;

  private PostgresCopy(Path folder, Path programs) {
    this.folder = folder;
    this.programs = programs;
  }

  static PostgresCopy of(PostgresInstall original, Path folder) throws IOException {
    Path prefix = commonPrefix(original.bin(), original.share());
    for (Path part : List.of(original.bin(), original.lib(), original.share())) {
      boolean copies = part.equals(original.bin());
      try (Stream<Path> paths = Files.walk(part)) {
        for (Path path : paths.filter(path -> !isLeftOut(part.relativize(path))).toList()) {
          Path target = folder.resolve(prefix.relativize(path));
          if (Files.isDirectory(path)) {
            Files.createDirectories(target);
          } else if (copies) {
            Files.copy(path, target);
          } else {
            Files.createSymbolicLink(target, path);
          }
        }
      }
    }
    linkLibraries(prefix.resolve("lib"), folder.resolve("lib"));
    Path headers = folder.resolve(prefix.relativize(original.serverHeaders()));
    Files.createDirectories(headers.getParent());
    Files.createSymbolicLink(headers, original.serverHeaders());
    return new PostgresCopy(folder, folder.resolve(prefix.relativize(original.bin())));
  }

  /** Headroom's own install finds its C library relative to its programs too. */
  private static void linkLibraries(Path from, Path to) throws IOException {
    try (DirectoryStream<Path> libraries = Files.newDirectoryStream(from, "*-linux-gnu")) {
      for (Path library : libraries) {
        Files.createSymbolicLink(to.resolve(library.getFileName()), library);
      }
    }
  }

  String pgConfig() {
    return programs.resolve("pg_config").toString();
  }

  PostgresInstall install() {
    return PostgresInstall.ofPgConfig(Path.of(pgConfig()));
  }

  /** Every file, below the folder. */
  Set<Path> listFiles() throws IOException {
    try (Stream<Path> paths = Files.walk(folder)) {
      return paths
          .filter(path -> !Files.isDirectory(path))
          .map(folder::relativize)
          .collect(Collectors.toSet());
    }
  }

  private static boolean isLeftOut(Path below) {
    return LEFT_OUT.contains(below.getName(0).toString());
  }

  private static Path commonPrefix(Path one, Path other) {
    return Stream.iterate(one, Path::getParent).filter(other::startsWith).findFirst().orElseThrow();
  }
}
