package dev.headroom.collector;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The guard for Postgres 15 as {@code guard-native} of this checkout builds it. */
record GuardBuild(Path preload, Path extension) {

  private static final Path SOURCES = Path.of("../../guard-native").toAbsolutePath().normalize();
  private static final Path HEADERS = Path.of("/usr/include/postgresql/15/server");
  private static final List<Path> JEMALLOC =
      List.of(
          Path.of("/usr/lib/x86_64-linux-gnu/libjemalloc.so.2"),
          Path.of("/usr/lib/aarch64-linux-gnu/libjemalloc.so.2"));

  /** Brings it up to date; the test is skipped where that is not possible. */
  static GuardBuild make() throws IOException {
    assumeTrue(
        Files.isDirectory(HEADERS), "needs Postgres's headers: install postgresql-server-dev-15");
    Process make;
    try {
      make =
          new ProcessBuilder(
                  "sh", SOURCES.resolve("build.sh").toString(), SOURCES.toString(), "all")
              .redirectErrorStream(true)
              .start();
      String output = new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (make.waitFor() != 0) {
        throw new IllegalStateException("the guard does not build: " + output);
      }
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the guard was built", interrupted);
    }
    Path built = SOURCES.resolve("target");
    GuardBuild guard =
        new GuardBuild(built.resolve("libheadroom_guard.so"), built.resolve("pg15/headroom.so"));
    assumeTrue(
        Files.isRegularFile(guard.preload) && Files.isRegularFile(guard.extension),
        "needs a C compiler and make for the guard: install gcc make libc6-dev");
    return guard;
  }

  /** For {@code shared_preload_libraries}, where any user may read it. */
  Path copyExtension(Path folder) throws IOException {
    return copy(extension, folder);
  }

  /**
   * For {@code LD_PRELOAD}: the guard, and the allocator that it is meant for where there is one.
   */
  String copyPreloaded(Path folder) throws IOException {
    String allocator =
        JEMALLOC.stream().filter(Files::exists).findFirst().map(file -> " " + file).orElse("");
    return copy(preload, folder) + allocator;
  }

  private static Path copy(Path library, Path folder) throws IOException {
    Path copy = Files.copy(library, folder.resolve(library.getFileName()));
    return Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
  }
}
