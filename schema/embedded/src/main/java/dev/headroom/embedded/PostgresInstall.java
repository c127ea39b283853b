package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Programs and files of one Postgres, as its own {@code pg_config} tells them.
 *
 * @param bin folder of postgres, initdb, psql
 * @param lib folder of loadable modules
 * @param share folder of {@code extension/}
 * @param serverHeaders folder of the headers that extensions are built with; it need not exist
 * @param majorVersion for example 17
 * @param version for example {@code 17.11}
 * @param timescaledbVersion version that CREATE EXTENSION would make; empty when it has none
 * @param edition empty when it has no TimescaleDB
 * @param kind where it comes from
 */
public record PostgresInstall(
    Path bin,
    Path lib,
    Path share,
    Path serverHeaders,
    int majorVersion,
    String version,
    Optional<String> timescaledbVersion,
    Optional<TimescaleEdition> edition,
    Kind kind) {

  /** Where an install comes from. */
  public enum Kind {
    /** Unpacked by Headroom into its own folder. */
    PRIVATE,
    /** Installed on the machine by somebody else. */
    SYSTEM
  }

  private static final Duration QUICK = Duration.ofSeconds(20);
  private static final Pattern VERSION = Pattern.compile("PostgreSQL ((\\d+)[^ ]*)");
  private static final Pattern DEFAULT_VERSION =
      Pattern.compile("^\\s*default_version\\s*=\\s*'([^']+)'", Pattern.MULTILINE);

  /**
   * The install that a {@code pg_config} belongs to.
   *
   * @param pgConfig path of a {@code pg_config} program
   * @throws EmbeddedDatabaseException when it cannot be run, or a program that it names is missing
   */
  public static PostgresInstall ofPgConfig(Path pgConfig) {
    return ofPgConfig(pgConfig, Kind.SYSTEM);
  }

  static PostgresInstall ofPgConfig(Path pgConfig, Kind kind) {
    Map<String, String> facts = new HashMap<>();
    ExternalCommand.of(QUICK, pgConfig.toString())
        .runOrThrow("asking " + pgConfig)
        .lines()
        .forEach(line -> {
          int equals = line.indexOf(" = ");
          if (equals > 0) {
            facts.put(line.substring(0, equals), line.substring(equals + 3));
          }
        });
    Matcher version = VERSION.matcher(fact(facts, "VERSION", pgConfig));
    if (!version.find()) {
      throw new EmbeddedDatabaseException(
          "%s gives the version \"%s\", which is none of PostgreSQL's"
              .formatted(pgConfig, facts.get("VERSION")));
    }
    Path bin = Path.of(fact(facts, "BINDIR", pgConfig));
    for (String program : List.of("postgres", "initdb", "pg_ctl")) {
      if (!Files.isExecutable(bin.resolve(program))) {
        throw new EmbeddedDatabaseException(
            "%s names the folder %s, where %s is missing; install the Postgres server package of version %s"
                .formatted(pgConfig, bin, program, version.group(2)));
      }
    }
    Path lib = Path.of(fact(facts, "PKGLIBDIR", pgConfig));
    Path share = Path.of(fact(facts, "SHAREDIR", pgConfig));
    Optional<String> timescaledb = timescaledbVersion(lib, share);
    return new PostgresInstall(
        bin,
        lib,
        share,
        Path.of(fact(facts, "INCLUDEDIR-SERVER", pgConfig)),
        Integer.parseInt(version.group(2)),
        version.group(1),
        timescaledb,
        timescaledb.map(of -> edition(lib, of)),
        kind);
  }

  /**
   * The Postgres installs of this machine, newest major version first: those in the folders where
   * Debian, PGDG and Red Hat put them, then the {@code pg_config} on {@code PATH}. Broken ones are
   * left out.
   */
  public static List<PostgresInstall> listSystem() {
    List<Path> candidates = new ArrayList<>();
    candidates.addAll(glob(Path.of("/usr/lib/postgresql"), "*"));
    candidates.addAll(glob(Path.of("/usr"), "pgsql-*"));
    candidates.add(Path.of("/usr/local/pgsql"));
    Set<Path> configs = new LinkedHashSet<>();
    candidates.forEach(prefix -> configs.add(prefix.resolve("bin/pg_config")));
    ExternalCommand.find("pg_config").ifPresent(configs::add);
    List<PostgresInstall> installs = new ArrayList<>();
    Set<Path> seen = new LinkedHashSet<>();
    for (Path config : configs) {
      if (Files.isExecutable(config)) {
        findAt(config).filter(install -> seen.add(install.bin())).ifPresent(installs::add);
      }
    }
    installs.sort(Comparator.comparingInt(PostgresInstall::majorVersion).reversed());
    return List.copyOf(installs);
  }

  public boolean hasTimescaledb() {
    return timescaledbVersion.isPresent();
  }

  /** One of its programs, for example {@code psql}. */
  public Path program(String name) {
    return bin.resolve(name);
  }

  /** For a person: {@code PostgreSQL 17.11 with TimescaleDB 2.19.3 (apache) in /…/bin}. */
  public String describe() {
    return "PostgreSQL %s%s in %s"
        .formatted(
            version,
            timescaledbVersion
                .map(of ->
                    " with TimescaleDB "
                        + of
                        + edition.map(e -> " (" + e.license() + ")").orElse(""))
                .orElse(" without TimescaleDB"),
            bin);
  }

  private static Optional<PostgresInstall> findAt(Path config) {
    try {
      return Optional.of(ofPgConfig(config));
    } catch (EmbeddedDatabaseException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> timescaledbVersion(Path lib, Path share) {
    Path control = share.resolve("extension/timescaledb.control");
    try {
      Matcher matcher = DEFAULT_VERSION.matcher(Files.readString(control));
      return matcher.find() && Files.exists(lib.resolve("timescaledb.so"))
          ? Optional.of(matcher.group(1))
          : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  private static TimescaleEdition edition(Path lib, String version) {
    return Files.exists(lib.resolve("timescaledb-tsl-" + version + ".so"))
        ? TimescaleEdition.TIMESCALE
        : TimescaleEdition.APACHE;
  }

  private static String fact(Map<String, String> facts, String name, Path pgConfig) {
    String value = facts.get(name);
    if (value == null) {
      throw new EmbeddedDatabaseException("%s does not tell %s".formatted(pgConfig, name));
    }
    return value;
  }

  private static List<Path> glob(Path directory, String pattern) {
    List<Path> found = new ArrayList<>();
    if (Files.isDirectory(directory)) {
      try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, pattern)) {
        stream.forEach(found::add);
      } catch (IOException e) {
        throw new EmbeddedDatabaseException("cannot list " + directory + ": " + e, e);
      }
    }
    return found;
  }
}
