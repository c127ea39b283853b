package dev.headroom.lab;

import dev.headroom.embedded.Jemalloc;
import dev.headroom.embedded.PostgresInstall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;

/**
 * The libraries that make a Postgres a guarded one.
 *
 * @param preload goes into {@code LD_PRELOAD}
 * @param extension goes into {@code shared_preload_libraries}; built for one major version
 * @param jemalloc goes into {@code LD_PRELOAD} after {@code preload}; empty where it is not
 *     installed
 */
public record GuardLibraries(Path preload, Path extension, Optional<Path> jemalloc) {

  /** How to get what building takes, for messages. */
  private static final String REMEDY = "Debian: apt-get install gcc make libc6-dev";

  /**
   * Brings the libraries for a Postgres up to date with their sources.
   *
   * @param sources the folder {@code guard-native}
   * @throws LabException when they cannot be built; the message ends with what the compiler said
   */
  public static GuardLibraries build(Path sources, PostgresInstall install) {
    String output =
        run(
            List.of(
                "make",
                "--no-print-directory",
                "-s",
                "-C",
                sources.toString(),
                "all",
                "PG_INCLUDES=" + install.serverHeaders()));
    Path target = sources.resolve("target");
    Path preload = target.resolve("libheadroom_guard.so");
    Path extension = target.resolve("pg" + install.majorVersion()).resolve("headroom.so");
    for (Path library : List.of(preload, extension)) {
      if (!Files.isRegularFile(library)) {
        throw new LabException(
            "building the guard for %s left no %s; it needs the server's headers (Debian: apt-get install postgresql-server-dev-%d)%n%s"
                .formatted(install.describe(), library, install.majorVersion(), output));
      }
    }
    return new GuardLibraries(preload, extension, Jemalloc.find(install));
  }

  /**
   * Copies the two that were built to a folder where the server's user can read them; a source tree
   * may be closed to it.
   */
  GuardLibraries copyTo(Path folder) {
    return new GuardLibraries(copy(preload, folder), copy(extension, folder), jemalloc);
  }

  private static Path copy(Path library, Path folder) {
    Path copy = folder.resolve(library.getFileName());
    try {
      Files.createDirectories(folder);
      Files.copy(library, copy, StandardCopyOption.REPLACE_EXISTING);
      return Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
    } catch (IOException e) {
      throw new LabException("cannot copy %s to %s: %s".formatted(library, folder, e), e);
    }
  }

  private static String run(List<String> command) {
    try {
      Process make = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output =
          new String(make.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      if (make.waitFor() != 0) {
        throw new LabException("the guard cannot be built (%s):%n%s".formatted(REMEDY, output));
      }
      return output;
    } catch (IOException e) {
      throw new LabException("the guard cannot be built (%s): %s".formatted(REMEDY, e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LabException("interrupted", e);
    }
  }
}
