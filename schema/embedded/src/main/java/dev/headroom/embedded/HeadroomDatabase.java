package dev.headroom.embedded;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The one database that Headroom stores everything in, wherever it is. */
public sealed interface HeadroomDatabase permits ClusterDatabase, ContainerDatabase, GivenDatabase {

  /** Name of the database and of its superuser. */
  String NAME = "headroom";

  /**
   * The database of this environment, by the order of {@link DatabaseResolver}.
   *
   * @param dbUrl value of {@code --db-url}
   * @throws DatabaseUnavailableException when there is none and none can be made
   */
  static HeadroomDatabase locate(Map<String, String> environment, Optional<String> dbUrl) {
    HeadroomHome home = HeadroomHome.locate(environment);
    return open(home, new DatabaseResolver(home, environment).resolve(dbUrl));
  }

  /** The database at a location; starts nothing. */
  static HeadroomDatabase open(HeadroomHome home, DatabaseLocation location) {
    return switch (location) {
      case DatabaseLocation.UrlGiven given -> new GivenDatabase(home, given);
      case DatabaseLocation.MachineTimescale machine -> new ClusterDatabase(home, machine);
      case DatabaseLocation.PrivateInstall install -> new ClusterDatabase(home, install);
      case DatabaseLocation.Container container -> new ContainerDatabase(home, container);
    };
  }

  DatabaseLocation location();

  /**
   * Makes sure that the database accepts connections: installs, creates and starts what is missing.
   * Does nothing when it runs. The extension itself is created by the migrations.
   *
   * @return how to connect
   * @throws EmbeddedDatabaseException when it cannot; says why and what to do
   */
  DatabaseUrl start(Progress progress);

  /**
   * Stops the server in an orderly way; nothing to do when none runs.
   *
   * @throws EmbeddedDatabaseException when the server is not ours to stop, or goes on running
   */
  void stop();

  /** What is there now; changes nothing. */
  DatabaseStatus status();

  /** How to connect; empty when the server does not accept connections. */
  Optional<DatabaseUrl> findUrl();

  /**
   * How to connect.
   *
   * @throws EmbeddedDatabaseException when the server does not run
   */
  default DatabaseUrl url() {
    return findUrl()
        .orElseThrow(() ->
            new EmbeddedDatabaseException(
                "the database is not running; start it with `headroom db start`"));
  }

  /** What a reset would delete, to be shown before asking. */
  Path resettable();

  /**
   * Stops the server and deletes all data for ever; the install stays.
   *
   * @param confirmed what {@link #resettable} gave and a person has agreed to
   * @throws IllegalArgumentException when it is anything else
   */
  void reset(Path confirmed);

  /**
   * How to run psql on the running database.
   *
   * @param arguments for psql, after those that connect
   */
  PsqlCommand psqlCommand(List<String> arguments);
}
