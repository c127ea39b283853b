package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** The making of one data folder: it appears complete, with its databases, or not at all. */
record DataDirectory(PostgresInstall install, Path dataDirectory, OsUser user) {

  /** Settings of ours, read by postgresql.conf; written anew at each start. */
  static final String SETTINGS_FILE = "headroom.conf";

  private static final Duration INITDB_TIMEOUT = Duration.ofMinutes(2);

  /** See {@link PostgresServer#initialize}. */
  void create(String superuser, Optional<String> password, List<String> databases) {
    // A name of our own: an initdb that outlived its caller must not write into ours.
    Path unfinished =
        dataDirectory.resolveSibling(
            "%s.new-%d".formatted(dataDirectory.getFileName(), ProcessHandle.current().pid()));
    try {
      deleteUnfinished();
      user.makePrivateDirectory(unfinished);
      initdb(unfinished, superuser, password);
      Files.writeString(
          unfinished.resolve("postgresql.conf"),
          "%ninclude_if_exists = '%s'%n".formatted(SETTINGS_FILE),
          StandardOpenOption.APPEND);
      for (String database : databases) {
        createDatabase(unfinished, database);
      }
      DirectoryTree.delete(dataDirectory);
      Files.move(unfinished, dataDirectory, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "cannot make the database %s: %s".formatted(dataDirectory, e), e);
    } finally {
      DirectoryTree.delete(unfinished);
    }
  }

  /** What makers that were killed have left. */
  private void deleteUnfinished() throws IOException {
    Path parent = Objects.requireNonNull(dataDirectory.getParent());
    try (DirectoryStream<Path> left =
        Files.newDirectoryStream(parent, dataDirectory.getFileName() + ".new-*")) {
      left.forEach(DirectoryTree::delete);
    }
  }

  private void initdb(Path directory, String superuser, Optional<String> password)
      throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                install.program("initdb").toString(),
                "--pgdata=" + directory,
                "--username=" + superuser,
                "--encoding=UTF8",
                "--locale=C",
                "--data-checksums"));
    Path passwordFile = dataDirectory.resolveSibling("initdb-password");
    try {
      if (password.isPresent()) {
        Files.deleteIfExists(passwordFile);
        Files.createFile(
            passwordFile,
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(passwordFile, password.get() + "\n");
        user.own(passwordFile);
        command.addAll(List.of("--auth=scram-sha-256", "--pwfile=" + passwordFile));
      } else {
        // Throw-away: a machine that dies takes it along, so the disk need not be waited for.
        command.addAll(List.of("--auth=trust", "--no-sync"));
      }
      ExternalCommand.of(user.command(command), INITDB_TIMEOUT)
          .in(directory)
          .runOrThrow("making the database " + dataDirectory);
    } finally {
      Files.deleteIfExists(passwordFile);
    }
  }

  /** Runs without a server, so that a data folder appears with its databases or not at all. */
  private void createDatabase(Path directory, String name) throws IOException {
    if (!name.matches("[a-z][a-z0-9_]{0,62}")) {
      throw new IllegalArgumentException("not a plain database name: " + name);
    }
    Path script = directory.resolve("create-database.sql");
    Files.writeString(script, "CREATE DATABASE " + name + ";\n");
    ExternalCommand.Result result =
        ExternalCommand.of(
                user.command(
                    List.of(
                        "/bin/sh",
                        "-c",
                        "exec \"$1\" --single -j -D \"$2\" postgres < \"$3\"",
                        "sh",
                        install.program("postgres").toString(),
                        directory.toString(),
                        script.toString())),
                INITDB_TIMEOUT)
            .in(directory)
            .runOrThrow("creating the database " + name);
    // Single-user mode exits with 0 after a failed statement too.
    if (result.output().contains("ERROR:") || result.output().contains("FATAL:")) {
      throw new EmbeddedDatabaseException(
          "creating the database %s failed:%n%s"
              .formatted(name, ExternalCommand.tail(result.output())));
    }
    Files.delete(script);
  }
}
