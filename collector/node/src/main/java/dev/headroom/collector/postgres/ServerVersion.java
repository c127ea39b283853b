package dev.headroom.collector.postgres;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The version that a {@code postgres} program would print, without running it. */
final class ServerVersion {

  private static final String BANNER = "postgres (PostgreSQL) ";
  private static final Pattern VERSION = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){0,2}[a-z0-9]{0,8}");

  private ServerVersion() {}

  /** Such as {@code 17.11}; empty when the program holds no such text. */
  static Optional<String> find(Path program) throws IOException {
    String bytes = new String(Files.readAllBytes(program), StandardCharsets.ISO_8859_1);
    int banner = bytes.indexOf(BANNER);
    if (banner < 0) {
      return Optional.empty();
    }
    Matcher version = VERSION.matcher(bytes).region(banner + BANNER.length(), bytes.length());
    return version.lookingAt() ? Optional.of(version.group()) : Optional.empty();
  }
}
