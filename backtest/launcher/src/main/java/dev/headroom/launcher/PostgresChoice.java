package dev.headroom.launcher;

import dev.headroom.cli.CommandFailure;
import dev.headroom.cli.Terminal;
import dev.headroom.embedded.DebianTimescaleInstaller;
import dev.headroom.embedded.HeadroomHome;
import dev.headroom.embedded.PostgresInstall;
import dev.headroom.model.GuardMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Which Postgres a lab kills, as {@code --postgres} says it. */
final class PostgresChoice {

  private static final String PRIVATE_MAJOR =
      Integer.toString(DebianTimescaleInstaller.MAJOR_VERSION);

  private final Terminal terminal;
  private final HeadroomHome home;

  PostgresChoice(Terminal terminal, HeadroomHome home) {
    this.terminal = terminal;
    this.home = home;
  }

  /**
   * The install, made or completed when it is the private one.
   *
   * @param given a major version, a {@code pg_config} or the folder it is in; absent for the
   *     private one
   * @throws CommandFailure when there is no such Postgres
   */
  PostgresInstall install(@Nullable String given, GuardMode guard) {
    if (given == null || given.equals(PRIVATE_MAJOR)) {
      DebianTimescaleInstaller installer = new DebianTimescaleInstaller(home);
      return guard == GuardMode.OFF
          ? installer.install(terminal::say)
          : installer.installForGuard(terminal::say);
    }
    if (given.matches("\\d{1,3}")) {
      return PostgresInstall.listSystem().stream()
          .filter(install -> Integer.toString(install.majorVersion()).equals(given))
          .findFirst()
          .orElseThrow(() ->
              CommandFailure.usage(
                  "this machine has no Postgres %s; it has %s and the private %s"
                      .formatted(given, versions(), PRIVATE_MAJOR)));
    }
    Path path = Path.of(given);
    return PostgresInstall.ofPgConfig(Files.isDirectory(path) ? path.resolve("pg_config") : path);
  }

  private static String versions() {
    String versions =
        PostgresInstall.listSystem().stream()
            .map(PostgresInstall::version)
            .collect(Collectors.joining(", "));
    return versions.isEmpty() ? "none of its own" : versions;
  }
}
