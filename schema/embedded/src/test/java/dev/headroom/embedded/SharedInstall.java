package dev.headroom.embedded;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The private install that the tests of this module share, so that it is downloaded once. */
final class SharedInstall {

  private SharedInstall() {}

  /**
   * Installs on first use into {@code -Dheadroom.test.home}, else {@code HEADROOM_HOME}'s default.
   */
  static PostgresInstall get() {
    Path home =
        Optional.ofNullable(System.getProperty("headroom.test.home"))
            .map(Path::of)
            .orElseGet(() -> HeadroomHome.locate(System.getenv()).directory());
    DebianTimescaleInstaller installer = new DebianTimescaleInstaller(new HeadroomHome(home));
    if (installer.find().isEmpty()) {
      assumeTrue(
          installer.listObstacles().isEmpty(),
          () -> "no private TimescaleDB here: " + installer.listObstacles());
    }
    return installer.install(message -> System.err.println("install: " + message));
  }

  /** A fresh folder that the Postgres user may enter, unlike JUnit's own; the caller deletes it. */
  static Path makeDirectory(String name) throws java.io.IOException {
    Path directory = Files.createTempDirectory("headroom test " + name);
    Files.setPosixFilePermissions(
        directory, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    return directory;
  }
}
