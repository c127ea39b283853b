package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order of the options and what an error says about each. */
class DatabaseResolverTest {

  private static final PostgresInstall WITH =
      install(17, Optional.of("2.19.3"), Optional.of(TimescaleEdition.APACHE));
  private static final PostgresInstall WITHOUT = install(16, Optional.empty(), Optional.empty());
  private static final PostgresInstall TOO_OLD =
      install(13, Optional.of("2.15.0"), Optional.of(TimescaleEdition.TIMESCALE));

  @TempDir private Path directory = Path.of("");
  private final Map<String, String> environment = new HashMap<>();
  private final List<PostgresInstall> machine = new java.util.ArrayList<>();
  private String osRelease = "";

  @BeforeEach
  void makeDebian() throws IOException {
    Files.createDirectory(directory.resolve("apt"));
    Files.createDirectory(directory.resolve("bin"));
    Files.writeString(
        directory.resolve("apt/sources.list"), "deb http://mirror.invalid/debian bookworm main\n");
    osRelease = "ID=debian\nVERSION_CODENAME=bookworm\n";
    environment.put("PATH", directory.resolve("bin").toString());
  }

  @Test
  void option_winsOverEnvironmentOverMachineOverPrivate() throws IOException {
    assertThat(resolve(Optional.empty())).isInstanceOf(DatabaseLocation.PrivateInstall.class);

    machine.addAll(List.of(WITHOUT, TOO_OLD, WITH));
    assertThat(resolve(Optional.empty())).isEqualTo(new DatabaseLocation.MachineTimescale(WITH));

    environment.put("HEADROOM_DB_URL", "postgresql://env.invalid/d");
    assertThat(resolve(Optional.empty()))
        .isInstanceOfSatisfying(
            DatabaseLocation.UrlGiven.class,
            given -> {
              assertThat(given.url().hosts()).isEqualTo("env.invalid");
              assertThat(given.origin()).isEqualTo("HEADROOM_DB_URL");
            });

    assertThat(resolve(Optional.of("postgresql://option.invalid/d")))
        .isInstanceOfSatisfying(
            DatabaseLocation.UrlGiven.class,
            given -> assertThat(given.url().hosts()).isEqualTo("option.invalid"));
  }

  @Test
  void container_isTheLastOptionAndMustAnswer() throws IOException {
    osRelease = "ID=fedora\n";
    FakeEngine.make(directory.resolve("bin"), "docker", "#!/bin/sh\nexit 1\n");
    FakeEngine.make(directory.resolve("bin"), "podman", "#!/bin/sh\nexit 0\n");

    assertThat(resolve(Optional.empty()))
        .isEqualTo(new DatabaseLocation.Container(directory.resolve("bin/podman")));
  }

  @Test
  void nothing_saysWhatToDoForEachOption() {
    osRelease = "ID=fedora\n";
    machine.add(WITHOUT);

    assertThatThrownBy(() -> resolve(Optional.empty()))
        .isInstanceOf(DatabaseUnavailableException.class)
        .hasMessageContaining("--db-url")
        .hasMessageContaining("HEADROOM_DB_URL")
        .hasMessageContaining("PostgreSQL 16.1 without TimescaleDB")
        .hasMessageContaining("\"fedora\"")
        .hasMessageContaining("docker info");
  }

  @Test
  void debianWithoutItsOwnSource_isToldToAddOne() throws IOException {
    Files.writeString(
        directory.resolve("apt/sources.list"), "deb http://x.invalid nodistro main\n");

    assertThatThrownBy(() -> resolve(Optional.empty()))
        .hasMessageContaining("deb <mirror> bookworm main")
        .hasMessageContaining(directory.resolve("apt").toString());
  }

  @Test
  void database_staysWithWhatItWasMadeWith() throws IOException {
    Files.createDirectories(home().database());
    DatabaseOrigin.PRIVATE.write(home());
    machine.add(WITH);

    assertThat(resolve(Optional.empty())).isInstanceOf(DatabaseLocation.PrivateInstall.class);

    osRelease = "ID=fedora\n";
    assertThatThrownBy(() -> resolve(Optional.empty()))
        .isInstanceOf(DatabaseUnavailableException.class)
        .hasMessageContaining(home().database().toString())
        .hasMessageContaining("private install, which is gone");
  }

  @Test
  void machineDatabase_needsTheSameMajorVersion() throws IOException {
    Files.createDirectories(home().database().resolve("data"));
    Files.writeString(home().database().resolve("data/PG_VERSION"), "16\n");
    DatabaseOrigin.MACHINE.write(home());
    machine.add(WITH);

    assertThatThrownBy(() -> resolve(Optional.empty()))
        .isInstanceOf(DatabaseUnavailableException.class)
        .hasMessageContaining("install it again");
  }

  @Test
  void malformedUrl_isAnErrorAndNotTheNextOption() {
    assertThatThrownBy(() -> resolve(Optional.of("localhost")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private DatabaseLocation resolve(Optional<String> dbUrl) throws IOException {
    Path release = directory.resolve("os-release");
    Files.writeString(release, osRelease);
    DebianTimescaleInstaller installer =
        new DebianTimescaleInstaller(home(), directory.resolve("apt"), release);
    return new DatabaseResolver(home(), environment, installer, () -> machine).resolve(dbUrl);
  }

  private HeadroomHome home() {
    return new HeadroomHome(directory.resolve("home"));
  }

  private static PostgresInstall install(
      int major, Optional<String> timescaledb, Optional<TimescaleEdition> edition) {
    Path root = Path.of("/opt/pg" + major);
    return new PostgresInstall(
        root.resolve("bin"),
        root.resolve("lib"),
        root.resolve("share"),
        root.resolve("include"),
        major,
        major + ".1",
        timescaledb,
        edition,
        PostgresInstall.Kind.SYSTEM);
  }
}
