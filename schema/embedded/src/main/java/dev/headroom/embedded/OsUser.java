package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * The operating-system user that Postgres runs as. Postgres refuses to run as root, so root drops
 * to another user; anybody else runs it as themselves.
 *
 * @param name login name
 * @param current whether this process already runs as that user
 */
public record OsUser(String name, boolean current) {

  /** The system user that root makes for Headroom's own databases: no login, no home. */
  public static final String SERVICE_USER = "headroom";

  private static final Duration QUICK = Duration.ofSeconds(20);

  /**
   * The user to run Postgres as: ourselves, or as root the system user {@value #SERVICE_USER}, made
   * when it is missing.
   *
   * @throws EmbeddedDatabaseException when root cannot make that user
   */
  public static OsUser forPostgres() {
    OsUser user = expected();
    if (!user.current() && !exists(user.name())) {
      create(user.name());
    }
    return user;
  }

  /** The user of {@link #forPostgres}, who may not exist yet. */
  static OsUser expected() {
    return runningAsRoot()
        ? new OsUser(SERVICE_USER, false)
        : new OsUser(System.getProperty("user.name"), true);
  }

  /** Whether this process has user id 0. */
  public static boolean runningAsRoot() {
    try {
      return ((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid")) == 0;
    } catch (IOException | UnsupportedOperationException e) {
      return "root".equals(System.getProperty("user.name"));
    }
  }

  /**
   * The command that runs {@code command} as this user, in place (no process of ours stays between)
   * where the machine has {@code setpriv}.
   */
  public List<String> command(List<String> command) {
    if (current) {
      return List.copyOf(command);
    }
    return Stream.concat(dropPrivileges().stream(), command.stream()).toList();
  }

  /** Makes this user the owner of a file or of a folder with everything in it. */
  void own(Path path) {
    if (current) {
      return;
    }
    try {
      UserPrincipal owner = principal(path, name);
      Files.walkFileTree(
          path,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                throws IOException {
              Files.setOwner(directory, owner);
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
              if (!attributes.isSymbolicLink()) {
                Files.setOwner(file, owner);
              }
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "cannot give %s to the user %s: %s".formatted(path, name, e.getMessage()), e);
    }
  }

  /** Makes a folder that only this user may enter. */
  void makePrivateDirectory(Path directory) throws IOException {
    Files.createDirectory(
        directory,
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    own(directory);
  }

  /**
   * @throws EmbeddedDatabaseException when this user cannot enter {@code directory}, naming the
   *     first folder on the way that is closed
   */
  void requireAccess(Path directory) {
    if (current || canEnter(directory)) {
      return;
    }
    Path closed = directory;
    while (closed.getParent() != null && !canEnter(closed.getParent())) {
      closed = closed.getParent();
    }
    throw new EmbeddedDatabaseException(
        ("the user %s, as which root runs Postgres, cannot enter %s, which %s lies in; run"
                + " `chmod o+x %s`, or set HEADROOM_HOME to a folder that every user can enter"
                + " (default: /var/lib/headroom)")
            .formatted(name, closed, directory, closed));
  }

  private boolean canEnter(Path directory) {
    return ExternalCommand.of(
            command(List.of("/bin/sh", "-c", "cd \"$1\"", "sh", directory.toString())), QUICK)
        .run()
        .succeeded();
  }

  private List<String> dropPrivileges() {
    if (ExternalCommand.find("setpriv").isPresent()) {
      return List.of(
          "setpriv",
          "--reuid=" + name,
          "--regid=" + name,
          "--init-groups",
          "--inh-caps=-all",
          "--");
    }
    if (ExternalCommand.find("runuser").isPresent()) {
      return List.of("runuser", "-u", name, "--");
    }
    if (ExternalCommand.find("su").isPresent()) {
      return List.of("su", "-s", "/bin/sh", name, "-c", "exec \"$0\" \"$@\"", "--");
    }
    throw new EmbeddedDatabaseException(
        "Postgres refuses to run as root and none of setpriv, runuser and su is installed to become"
            + " the user "
            + name
            + "; install the package util-linux, or run Headroom as an ordinary user");
  }

  private static boolean exists(String name) {
    try {
      principal(Path.of("/"), name);
      return true;
    } catch (UserPrincipalNotFoundException e) {
      return false;
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot look up the user " + name, e);
    }
  }

  private static UserPrincipal principal(Path anyPath, String name) throws IOException {
    return anyPath.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(name);
  }

  private static void create(String name) {
    if (ExternalCommand.find("useradd").isEmpty()) {
      throw new EmbeddedDatabaseException(
          "Postgres refuses to run as root, the user %s does not exist and useradd is not installed;"
                  .formatted(name)
              + " make a system user of that name, or run Headroom as an ordinary user");
    }
    ExternalCommand.Result result =
        ExternalCommand.of(
                QUICK,
                "useradd",
                "--system",
                "--user-group",
                "--no-create-home",
                "--home-dir",
                "/nonexistent",
                "--shell",
                "/usr/sbin/nologin",
                name)
            .run();
    // Another start may have made the user in between, which is as good.
    if (!result.succeeded() && !exists(name)) {
      throw new EmbeddedDatabaseException(
          "cannot make the system user %s: %s".formatted(name, result.output().strip()));
    }
  }

  /** Whether a file belongs to this user. */
  boolean owns(Path path) {
    try {
      return Files.getOwner(path, LinkOption.NOFOLLOW_LINKS).getName().equals(name);
    } catch (IOException e) {
      return false;
    }
  }
}
