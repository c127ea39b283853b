package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command lines for a container engine, against a program that only takes them. */
class ContainerDatabaseTest {

  @TempDir private Path directory = Path.of("");
  private FakeEngine engine = new FakeEngine(directory);
  private ContainerDatabase database = open(engine, directory);

  @BeforeEach
  void makeEngine() throws IOException {
    engine = FakeEngine.make(directory);
    database = open(engine, directory.resolve("home"));
  }

  private static ContainerDatabase open(FakeEngine engine, Path home) {
    return new ContainerDatabase(
        new HeadroomHome(home), new DatabaseLocation.Container(engine.program()), "image:tag");
  }

  @Test
  void start_runsOneContainerOnLoopback() throws IOException {
    DatabaseUrl url = database.start(Progress.silent());

    assertThat(engine.calls())
        .filteredOn(call -> call.startsWith("run "))
        .containsExactly(
            "run --detach --name=headroom-timescaledb --publish=127.0.0.1::5432"
                + " --env=POSTGRES_USER=headroom --env=POSTGRES_DB=headroom --env=POSTGRES_PASSWORD"
                + " --volume=headroom-timescaledb:/var/lib/postgresql/data --shm-size=256m"
                + " image:tag -c jit=off -c timescaledb.telemetry_level=off");
    assertThat(url.hosts()).isEqualTo("127.0.0.1:45678");
    assertThat(url.password()).contains(engine.receivedPassword());
    assertThat(engine.calls()).noneMatch(call -> call.contains(url.password().orElseThrow()));
    assertThat(database.start(Progress.silent())).isEqualTo(url);
    assertThat(engine.calls()).filteredOn(call -> call.startsWith("run ")).hasSize(1);
  }

  @Test
  void stoppedContainer_isStartedAgain() throws IOException {
    DatabaseUrl url = database.start(Progress.silent());
    database.stop();
    database.stop();
    assertThat(database.status())
        .isEqualTo(
            new DatabaseStatus.InContainer("headroom-timescaledb", java.util.Optional.empty()));

    assertThat(database.start(Progress.silent())).isEqualTo(url);

    assertThat(engine.calls()).contains("start headroom-timescaledb");
    assertThat(engine.calls()).filteredOn(call -> call.startsWith("stop ")).hasSize(1);
  }

  @Test
  void reset_removesContainerAndVolume() throws IOException {
    database.start(Progress.silent());

    assertThatThrownBy(() -> database.reset(directory))
        .isInstanceOf(IllegalArgumentException.class);
    database.reset(database.resettable());

    assertThat(engine.calls())
        .contains("rm --force headroom-timescaledb", "volume rm headroom-timescaledb");
    assertThat(database.status()).isInstanceOf(DatabaseStatus.NotCreated.class);
    assertThat(database.resettable()).doesNotExist();
  }

  @Test
  void engineThatRefuses_isQuotedInTheError() throws IOException {
    FakeEngine broken =
        FakeEngine.make(directory, "docker", "#!/bin/sh\necho no space left >&2\nexit 1\n");

    assertThatThrownBy(() -> open(broken, directory.resolve("home")).start(Progress.silent()))
        .isInstanceOf(EmbeddedDatabaseException.class)
        .hasMessageContaining("no space left");
  }
}
