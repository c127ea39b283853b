package dev.headroom.embedded;

import java.nio.file.Path;

/** Where Headroom's database is or will be, in the order in which the options are tried. */
public sealed interface DatabaseLocation {

  /** For a person: one line. */
  String describe();

  /**
   * Somebody gave a URL; that server is theirs to start and stop.
   *
   * @param url as given
   * @param origin {@code --db-url} or {@code HEADROOM_DB_URL}
   */
  record UrlGiven(DatabaseUrl url, String origin) implements DatabaseLocation {
    @Override
    public String describe() {
      return "%s given by %s".formatted(url, origin);
    }
  }

  /** A Postgres with TimescaleDB is installed here; Headroom runs a database of its own on it. */
  record MachineTimescale(PostgresInstall install) implements DatabaseLocation {
    @Override
    public String describe() {
      return "this machine's " + install.describe();
    }
  }

  /**
   * The private install.
   *
   * @param directory of the install
   * @param installed false when a start has to make it first
   */
  record PrivateInstall(Path directory, boolean installed) implements DatabaseLocation {
    @Override
    public String describe() {
      return "the private TimescaleDB in %s%s"
          .formatted(directory, installed ? "" : " (installed at the first start)");
    }
  }

  /**
   * A container engine answers.
   *
   * @param engine path of docker or podman
   */
  record Container(Path engine) implements DatabaseLocation {
    @Override
    public String describe() {
      return "a TimescaleDB container of " + engine;
    }
  }
}
