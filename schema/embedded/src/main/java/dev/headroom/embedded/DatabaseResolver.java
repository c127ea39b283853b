package dev.headroom.embedded;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Decides where the database is: a given URL, a TimescaleDB on this machine, the private install, a
 * container. Looks only; installs and starts nothing.
 */
public final class DatabaseResolver {

  /** TimescaleDB's hypertable functions that Headroom uses exist from here on. */
  private static final int OLDEST_MAJOR_VERSION = 15;

  private final HeadroomHome home;
  private final Map<String, String> environment;
  private final DebianTimescaleInstaller installer;
  private final Supplier<List<PostgresInstall>> systemInstalls;

  public DatabaseResolver(HeadroomHome home, Map<String, String> environment) {
    this(home, environment, new DebianTimescaleInstaller(home), PostgresInstall::listSystem);
  }

  DatabaseResolver(
      HeadroomHome home,
      Map<String, String> environment,
      DebianTimescaleInstaller installer,
      Supplier<List<PostgresInstall>> systemInstalls) {
    this.home = home;
    this.environment = Map.copyOf(environment);
    this.installer = installer;
    this.systemInstalls = systemInstalls;
  }

  /**
   * The first option that works here, or the one that the home's database was made with.
   *
   * @param dbUrl value of {@code --db-url}
   * @throws DatabaseUnavailableException when none works; says for each what to do
   * @throws IllegalArgumentException when a given URL is malformed
   */
  public DatabaseLocation resolve(Optional<String> dbUrl) {
    Optional<DatabaseLocation> given = findGiven(dbUrl);
    if (given.isPresent()) {
      return given.get();
    }
    Optional<DatabaseOrigin> origin = DatabaseOrigin.find(home);
    if (origin.isPresent()) {
      return again(origin.get());
    }
    return findMachine()
        .or(this::findPrivate)
        .or(this::findContainer)
        .orElseThrow(this::unavailable);
  }

  private Optional<DatabaseLocation> findGiven(Optional<String> dbUrl) {
    return dbUrl
        .filter(url -> !url.isBlank())
        .<DatabaseLocation>map(
            url -> new DatabaseLocation.UrlGiven(DatabaseUrl.parse(url), "--db-url"))
        .or(() ->
            Optional.ofNullable(environment.get("HEADROOM_DB_URL"))
                .filter(url -> !url.isBlank())
                .map(url ->
                    new DatabaseLocation.UrlGiven(DatabaseUrl.parse(url), "HEADROOM_DB_URL")));
  }

  private DatabaseLocation again(DatabaseOrigin origin) {
    Optional<DatabaseLocation> found =
        switch (origin) {
          case MACHINE -> findMachine();
          case PRIVATE -> findPrivate();
          case CONTAINER -> findContainer();
        };
    return found.orElseThrow(() ->
        new DatabaseUnavailableException(
            switch (origin) {
              case MACHINE ->
                  "the database in %s was made with a TimescaleDB of this machine, which is gone; install it again, or give --db-url"
                      .formatted(home.database());
              case PRIVATE ->
                  "the database in %s needs the private install, which is gone and cannot be made again: %s"
                      .formatted(home.database(), String.join("; ", installer.listObstacles()));
              case CONTAINER ->
                  "the database is in a container, and neither docker nor podman answers; start the engine, or give --db-url";
            }));
  }

  private Optional<DatabaseLocation> findMachine() {
    Optional<Integer> needed = ClusterDatabase.findMajorVersion(home);
    return systemInstalls.get().stream()
        .filter(PostgresInstall::hasTimescaledb)
        .filter(install -> install.majorVersion() >= OLDEST_MAJOR_VERSION)
        .filter(install -> needed.isEmpty() || needed.get() == install.majorVersion())
        .<DatabaseLocation>map(DatabaseLocation.MachineTimescale::new)
        .findFirst();
  }

  private Optional<DatabaseLocation> findPrivate() {
    boolean installed = installer.find().isPresent();
    return installed || installer.listObstacles().isEmpty()
        ? Optional.of(new DatabaseLocation.PrivateInstall(home.postgresInstall(), installed))
        : Optional.empty();
  }

  private Optional<DatabaseLocation> findContainer() {
    return ContainerEngine.find(environment.getOrDefault("PATH", ""))
        .map(DatabaseLocation.Container::new);
  }

  private DatabaseUnavailableException unavailable() {
    List<String> lines = new ArrayList<>();
    lines.add("no TimescaleDB was given and none can be found or made here. Any of these helps:");
    lines.add(
        "- give one: --db-url postgresql://user:password@host:5432/database, or HEADROOM_DB_URL");
    lines.add(
        "- install the extension timescaledb for a Postgres of this machine (found: %s)"
            .formatted(found()));
    lines.add("- the private install: " + String.join("; ", installer.listObstacles()));
    lines.add(
        "- start docker or podman: `docker info` and `podman info` fail or are not installed");
    return new DatabaseUnavailableException(String.join(System.lineSeparator(), lines));
  }

  private String found() {
    List<String> installs = systemInstalls.get().stream().map(PostgresInstall::describe).toList();
    return installs.isEmpty() ? "no Postgres" : String.join(", ", installs);
  }
}
