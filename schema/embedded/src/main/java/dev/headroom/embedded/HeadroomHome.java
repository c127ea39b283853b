package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The folder in which Headroom keeps what it installs and stores on this machine.
 *
 * @param directory absolute; made on first use
 */
public record HeadroomHome(Path directory) {

  /** What initdb hands to a shell between double quotes. */
  private static final Pattern HOSTILE = Pattern.compile("[$`\"\\\\\n]");

  public HeadroomHome {
    directory = directory.toAbsolutePath().normalize();
  }

  /**
   * {@code HEADROOM_HOME}; else {@code /var/lib/headroom} for root; else {@code headroom} in {@code
   * XDG_DATA_HOME} or in {@code ~/.local/share}.
   */
  public static HeadroomHome locate(Map<String, String> environment) {
    return locate(environment, OsUser.runningAsRoot());
  }

  static HeadroomHome locate(Map<String, String> environment, boolean root) {
    String given = environment.getOrDefault("HEADROOM_HOME", "");
    if (!given.isBlank()) {
      return new HeadroomHome(Path.of(given));
    }
    if (root) {
      return new HeadroomHome(Path.of("/var/lib/headroom"));
    }
    Path data = Path.of(environment.getOrDefault("XDG_DATA_HOME", ""));
    // The XDG rules say that a relative path is to be ignored.
    if (!data.isAbsolute()) {
      String home = environment.getOrDefault("HOME", System.getProperty("user.home"));
      data = Path.of(home, ".local", "share");
    }
    return new HeadroomHome(data.resolve("headroom"));
  }

  /** The private Postgres with TimescaleDB, unpacked from packages. */
  public Path postgresInstall() {
    return directory.resolve("postgres");
  }

  /** Downloads; may be deleted at any time. */
  public Path cache() {
    return directory.resolve("cache");
  }

  /** Everything of the one database: its data folder, password, log. */
  public Path database() {
    return directory.resolve("database");
  }

  /** What the database server writes on standard error. */
  public Path log() {
    return database().resolve("server.log");
  }

  /**
   * Makes the folder when it is missing.
   *
   * @throws EmbeddedDatabaseException when it cannot be made, or Postgres could not work in it
   */
  public HeadroomHome create() {
    if (HOSTILE.matcher(directory.toString()).find()) {
      throw new EmbeddedDatabaseException(
          "cannot use the folder %s: initdb fails where a path holds one of $ ` \" \\ or a line break; set HEADROOM_HOME to another folder"
              .formatted(directory));
    }
    createDirectories(directory);
    return this;
  }

  static void createDirectories(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "cannot make the folder %s (%s); set HEADROOM_HOME to a folder you may write to"
              .formatted(directory, e),
          e);
    }
  }
}
