package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * apt with sources, lists, keys and downloads in a folder of its own: needs no root and leaves the
 * machine's package state alone. Of the machine's settings it takes over how to reach the network
 * (proxies, retries), never anything that weakens the check of signatures.
 */
final class PrivateApt {

  private static final Duration UPDATE_TIMEOUT = Duration.ofMinutes(5);
  private static final Duration DOWNLOAD_TIMEOUT = Duration.ofMinutes(20);
  private static final Pattern PLANNED = Pattern.compile("^Inst (\\S+) .*?\\((\\S+) .*");
  private static final Pattern NOT_TAKEN_OVER =
      Pattern.compile("Acquire::(IndexTargets|Languages|Allow|Changelogs).*");

  private final Path directory;

  private PrivateApt(Path directory) {
    this.directory = directory;
  }

  /** A package and the exact version that apt chose. */
  record PackageVersion(String name, String version) {}

  /**
   * Writes the private configuration.
   *
   * @param keyrings files in the OpenPGP formats that apt accepts; the only keys it will trust
   */
  static PrivateApt configure(Path directory, List<AptSource> sources, List<Path> keyrings) {
    PrivateApt apt = new PrivateApt(directory);
    try {
      for (String folder : List.of("lists/partial", "archives/partial", "state", "cache", "keys")) {
        Files.createDirectories(directory.resolve(folder));
      }
      apt.trust(keyrings);
      // An embedded key travels with its source.
      for (AptSource source : sources) {
        for (String key : source.signedBy()) {
          if (key.startsWith("-----BEGIN")) {
            Files.writeString(
                directory.resolve("keys/%08x.asc".formatted(key.hashCode())), key + "\n");
          }
        }
      }
      Files.writeString(
          directory.resolve("sources.list"),
          String.join("", sources.stream().map(source -> source.line() + "\n").toList()));
      Files.writeString(directory.resolve("apt.conf"), String.join("\n", apt.settings()) + "\n");
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot prepare apt in " + directory + ": " + e, e);
    }
    return apt;
  }

  /** Adds keys; the name of a keyring file must be unique. */
  void trust(List<Path> keyrings) {
    for (Path keyring : keyrings) {
      String name = keyring.getFileName().toString().replaceFirst("\\.pgp$", ".gpg");
      try {
        Files.copy(
            keyring, directory.resolve("keys").resolve(name), StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new EmbeddedDatabaseException("cannot take over the key " + keyring + ": " + e, e);
      }
    }
  }

  /** Fetches and verifies the lists; the caller judges the result. */
  ExternalCommand.Result update() {
    // Without this option apt only warns when a list cannot be fetched.
    return apt(UPDATE_TIMEOUT, List.of("-o", "APT::Update::Error-Mode=any", "update")).run();
  }

  /** What an install of {@code name} on an empty machine would bring. */
  List<PackageVersion> plan(String name) {
    List<PackageVersion> plan = new ArrayList<>();
    ExternalCommand.Result result =
        apt(UPDATE_TIMEOUT, List.of("--simulate", "--no-install-recommends", "install", name))
            .runOrThrow("resolving the dependencies of " + name);
    for (String line : result.lines()) {
      Matcher matcher = PLANNED.matcher(line);
      if (matcher.matches()) {
        plan.add(new PackageVersion(matcher.group(1), matcher.group(2)));
      }
    }
    return plan;
  }

  /** Downloads packages, verified; what an earlier attempt brought is not fetched again. */
  List<Path> download(List<PackageVersion> packages) {
    Path archives = directory.resolve("archives");
    List<String> arguments = new ArrayList<>(List.of("download"));
    packages.forEach(wanted -> arguments.add(wanted.name() + "=" + wanted.version()));
    apt(DOWNLOAD_TIMEOUT, arguments).in(archives).runOrThrow("downloading packages");
    return packages.stream().map(wanted -> archive(archives, wanted)).toList();
  }

  private static Path archive(Path archives, PackageVersion wanted) {
    // apt writes the colon of an epoch as in a URI.
    String start = "%s_%s_".formatted(wanted.name(), wanted.version().replace(":", "%3a"));
    try (Stream<Path> files = Files.list(archives)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith(start))
          .findFirst()
          .orElseThrow(() ->
              new EmbeddedDatabaseException(
                  "apt-get reported success but left no %s*.deb in %s".formatted(start, archives)));
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot list " + archives + ": " + e, e);
    }
  }

  private ExternalCommand apt(Duration timeout, List<String> arguments) {
    List<String> command = new ArrayList<>(List.of("apt-get", "--quiet", "--yes"));
    command.addAll(arguments);
    return ExternalCommand.of(command, timeout)
        .with(Map.of("APT_CONFIG", directory.resolve("apt.conf").toString()));
  }

  private List<String> settings() {
    List<String> settings = new ArrayList<>();
    // The machine's own configuration may run hooks, so it is shut out first.
    set(settings, "Dir::Etc::main", "/dev/null");
    set(settings, "Dir::Etc::parts", "/dev/null");
    set(settings, "Dir::Etc::sourcelist", directory.resolve("sources.list").toString());
    set(settings, "Dir::Etc::sourceparts", "/dev/null");
    set(settings, "Dir::Etc::preferences", "/dev/null");
    set(settings, "Dir::Etc::preferencesparts", "/dev/null");
    set(settings, "Dir::Etc::trusted", "/dev/null");
    set(settings, "Dir::Etc::trustedparts", directory.resolve("keys") + "/");
    set(settings, "Dir::State", directory.resolve("state").toString());
    set(settings, "Dir::State::lists", directory.resolve("lists") + "/");
    set(settings, "Dir::State::status", "/dev/null");
    set(settings, "Dir::Cache", directory.resolve("cache").toString());
    set(settings, "Dir::Cache::archives", directory.resolve("archives") + "/");
    set(settings, "Acquire::Languages", "none");
    set(settings, "Acquire::Retries", "3");
    String architecture =
        ExternalCommand.of(Duration.ofSeconds(10), "dpkg", "--print-architecture")
            .runOrThrow("asking dpkg for the architecture")
            .output()
            .strip();
    set(settings, "APT::Architecture", architecture);
    set(settings, "APT::Architectures::", architecture);
    ExternalCommand.of(Duration.ofSeconds(10), "apt-config", "dump", "Acquire")
        .runOrThrow("reading apt's network settings")
        .lines()
        .stream()
        .filter(line -> !NOT_TAKEN_OVER.matcher(line).matches())
        .forEach(settings::add);
    return settings;
  }

  private static void set(List<String> settings, String name, String value) {
    settings.add("%s \"%s\";".formatted(name, value));
  }
}
