package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the home is. */
class HeadroomHomeTest {

  @Test
  void givenHome_wins() {
    Map<String, String> environment =
        Map.of("HEADROOM_HOME", "/srv/my head", "XDG_DATA_HOME", "/data", "HOME", "/home/ann");

    assertThat(HeadroomHome.locate(environment, true).directory())
        .isEqualTo(Path.of("/srv/my head"));
    assertThat(HeadroomHome.locate(environment, false).directory())
        .isEqualTo(Path.of("/srv/my head"));
  }

  @Test
  void root_usesVarLib() {
    assertThat(HeadroomHome.locate(Map.of("HOME", "/root", "HEADROOM_HOME", " "), true).directory())
        .isEqualTo(Path.of("/var/lib/headroom"));
  }

  @Test
  void ordinaryUser_usesTheirDataFolder() {
    assertThat(HeadroomHome.locate(Map.of("XDG_DATA_HOME", "/data"), false).directory())
        .isEqualTo(Path.of("/data/headroom"));
    assertThat(HeadroomHome.locate(Map.of("HOME", "/home/ann"), false).directory())
        .isEqualTo(Path.of("/home/ann/.local/share/headroom"));
    assertThat(
            HeadroomHome.locate(Map.of("XDG_DATA_HOME", "relative", "HOME", "/home/ann"), false)
                .directory())
        .isEqualTo(Path.of("/home/ann/.local/share/headroom"));
  }

  @Test
  void unusableHome_isNamedInTheError(@TempDir Path directory) throws IOException {
    Path file = Files.createFile(directory.resolve("file"));

    assertThatThrownBy(() -> new HeadroomHome(file.resolve("home")).create())
        .isInstanceOf(EmbeddedDatabaseException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("HEADROOM_HOME");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a$HOME", "a`id`", "a\"b", "a\\b", "a\nb"})
  void pathThatInitdbCannotQuote_isRefusedBeforeAnythingIsMade(
      String name, @TempDir Path directory) {
    Path home = directory.resolve(name);

    assertThatThrownBy(() -> new HeadroomHome(home).create())
        .isInstanceOf(EmbeddedDatabaseException.class)
        .hasMessageContaining("HEADROOM_HOME");
    assertThat(home).doesNotExist();
  }
}
