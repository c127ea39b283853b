package dev.headroom.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Optional;

/** The superuser's password, in a file of the home that only its owner may read. */
final class DatabasePassword {

  private static final int BYTES = 20;

  private DatabasePassword() {}

  private static Path file(HeadroomHome home) {
    return home.database().resolve("password");
  }

  static Optional<String> find(HeadroomHome home) {
    Path file = file(home);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Files.readString(file).strip());
    } catch (IOException e) {
      throw new EmbeddedDatabaseException(
          "may not read %s; run Headroom as the user who made the database, or as root"
              .formatted(file),
          e);
    }
  }

  static String get(HeadroomHome home) {
    return find(home)
        .orElseThrow(() ->
            new EmbeddedDatabaseException(
                "%s is gone, so nobody can log in; restore it from a backup, or delete everything with a reset"
                    .formatted(file(home))));
  }

  /** The password there is, or a new random one. */
  static String make(HeadroomHome home) {
    return find(home).orElseGet(() -> create(file(home)));
  }

  private static String create(Path file) {
    byte[] random = new byte[BYTES];
    new SecureRandom().nextBytes(random);
    String password = HexFormat.of().formatHex(random);
    Path unfinished = file.resolveSibling("password.new");
    try {
      Files.deleteIfExists(unfinished);
      Files.createFile(
          unfinished,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.writeString(unfinished, password + "\n");
      Files.move(unfinished, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new EmbeddedDatabaseException("cannot write " + file + ": " + e, e);
    }
    return password;
  }
}
