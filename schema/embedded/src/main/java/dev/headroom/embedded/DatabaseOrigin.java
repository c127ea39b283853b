package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/**
 * With what the database of a home was made, written once. A later start must use the same again:
 * finding another TimescaleDB must not make a second, empty database.
 */
enum DatabaseOrigin {
  MACHINE,
  PRIVATE,
  CONTAINER;

  private static Path file(HeadroomHome home) {
    return home.database().resolve("origin");
  }

  static DatabaseOrigin of(DatabaseLocation location) {
    return switch (location) {
      case DatabaseLocation.MachineTimescale ignored -> MACHINE;
      case DatabaseLocation.PrivateInstall ignored -> PRIVATE;
      case DatabaseLocation.Container ignored -> CONTAINER;
      case DatabaseLocation.UrlGiven ignored ->
          throw new IllegalArgumentException("a given URL has no database in the home");
    };
  }

  static Optional<DatabaseOrigin> find(HeadroomHome home) {
    Path file = file(home);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      String word = Files.readString(file).strip();
      return Optional.of(
          Arrays.stream(values())
              .filter(origin -> origin.word().equals(word))
              .findFirst()
              .orElseThrow(() ->
                  new EmbeddedDatabaseException(
                      "%s is malformed: \"%s\" is none of machine, private and container"
                          .formatted(file, word))));
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot read " + file + ": " + e, e);
    }
  }

  void write(HeadroomHome home) {
    Path file = file(home);
    Path unfinished = file.resolveSibling("origin.new");
    try {
      Files.writeString(unfinished, word() + "\n");
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot write " + file + ": " + e, e);
    }
  }

  private String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
