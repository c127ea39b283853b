package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.ExitCode;
import dev.headroom.embedded.Jemalloc;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.lab.GuardLibraries;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The guard's files in a Postgres's own folders, where {@code CREATE EXTENSION} looks for them. */
final class GuardInstall {

  private static final String PRELOAD = "libheadroom_guard.so";
  private static final String EXTENSION = "headroom.so";
  private static final String SCRIPTS = "headroom{.control,--*.sql}";

  private final PostgresInstall postgres;

  GuardInstall(PostgresInstall postgres) {
    this.postgres = postgres;
  }

  /**
   * Copies the files; those of an earlier install are replaced, in one step each, so that a running
   * server keeps the ones it has.
   *
   * @return where they are now
   * @throws CommandFailure when a folder may not be written
   */
  List<Path> install(GuardLibraries libraries) {
    Map<Path, Path> targetBySource = new LinkedHashMap<>();
    targetBySource.put(libraries.preload(), preload());
    targetBySource.put(libraries.extension(), postgres.lib().resolve(EXTENSION));
    Path built = Objects.requireNonNull(libraries.extension().getParent(), "a file in a folder");
    for (Path script : listScripts(built)) {
      targetBySource.put(script, scripts().resolve(script.getFileName()));
    }
    // A folder that is missing must not leave half an install behind.
    for (Path target : targetBySource.values()) {
      requireFolder(target);
    }
    targetBySource.forEach(GuardInstall::copy);
    return List.copyOf(targetBySource.values());
  }

  /** The guard's files that are there now. */
  List<Path> list() {
    return Stream.concat(
            Stream.of(preload(), postgres.lib().resolve(EXTENSION)).filter(Files::exists),
            listScripts(scripts()).stream())
        .toList();
  }

  /**
   * Deletes the files.
   *
   * @return which
   */
  List<Path> uninstall() {
    List<Path> files = list();
    for (Path file : files) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        throw refused("delete", file, e);
      }
    }
    return files;
  }

  /** Whether a process runs this Postgres's server program, under whatever path it sees it. */
  boolean isServer(Path executable) {
    try {
      return Files.isSameFile(executable, postgres.program("postgres"));
    } catch (IOException e) {
      return false;
    }
  }

  /** What to set where, so that a server starts guarded. */
  String instructions() {
    String preloaded =
        Jemalloc.find(postgres)
            .map(jemalloc -> preload() + " " + jemalloc)
            .orElse(preload().toString());
    String missing =
        Jemalloc.find(postgres).isPresent()
            ? ""
            : """

            jemalloc is not installed. Without it freed memory stays with the processes, so that the kernel kills although
            the guard counts little: install libjemalloc2 and run this command again.
            """;
    return """
    postgresql.conf, before what else is in it:
      shared_preload_libraries = 'headroom'

    the environment of the postmaster, and of nothing else:
      systemd        [Service]
                     Environment="LD_PRELOAD=%1$s"
      Debian         /etc/postgresql/%2$d/<cluster>/environment:
                     LD_PRELOAD = '%1$s'
      container      ENTRYPOINT ["env", "LD_PRELOAD=%1$s", "<the entry point as it was>"]

    then restart the server and run, in each database that shall have the views:
      CREATE EXTENSION headroom;
    %3$s
    `headroom guard status` shows what it counts; `headroom collect --guard shadow --limit talk` gives it a limit.
    To switch it off at once: SELECT headroom_guard_switch('off');  without SQL: ALTER SYSTEM, or take the lines out again.
    """
        .formatted(preloaded, postgres.majorVersion(), missing);
  }

  private Path preload() {
    return postgres.lib().resolve(PRELOAD);
  }

  private Path scripts() {
    return postgres.share().resolve("extension");
  }

  private static List<Path> listScripts(Path folder) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(folder)) {
      try (var scripts = Files.newDirectoryStream(folder, SCRIPTS)) {
        scripts.forEach(found::add);
      } catch (IOException e) {
        throw refused("list", folder, e);
      }
    }
    found.sort(null);
    return found;
  }

  private static void requireFolder(Path target) {
    Path folder = Objects.requireNonNull(target.getParent(), "a file in a folder");
    if (!Files.isDirectory(folder)) {
      throw new CommandFailure(
          ExitCode.UNAVAILABLE,
          "cannot write %s: there is no folder %s; install the Postgres server package that this pg_config belongs to"
              .formatted(target, folder));
    }
    if (!Files.isWritable(folder)) {
      throw refused("write", target, new AccessDeniedException(target.toString()));
    }
  }

  private static void copy(Path source, Path target) {
    Path unfinished = target.resolveSibling(target.getFileName() + ".new");
    try {
      Files.copy(source, unfinished, StandardCopyOption.REPLACE_EXISTING);
      boolean library = target.toString().endsWith(".so");
      Files.setPosixFilePermissions(
          unfinished, PosixFilePermissions.fromString(library ? "rwxr-xr-x" : "rw-r--r--"));
      Files.move(unfinished, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      try {
        Files.deleteIfExists(unfinished);
      } catch (IOException left) {
        e.addSuppressed(left);
      }
      throw refused("write", target, e);
    }
  }

  private static CommandFailure refused(String doing, Path file, IOException e) {
    return new CommandFailure(
        ExitCode.UNAVAILABLE,
        "cannot %s %s: %s; run it as the user whom this Postgres's folders belong to, mostly root"
            .formatted(
                doing,
                file,
                e instanceof AccessDeniedException ? "permission denied" : e.getMessage()),
        e);
  }
}
