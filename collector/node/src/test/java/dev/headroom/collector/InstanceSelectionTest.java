package dev.headroom.collector;

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

class InstanceSelectionTest {

  @TempDir private Path folder;

  @Test
  void list_matchesByDataDirectoryCgroupOrBoth() throws IOException {
    InstanceSelection selection =
        read(
            """
            - dataDirectory: /data/a
              labels: {team: payments}
            - cgroupPath: /pod/b
            - {dataDirectory: /data/c, cgroupPath: /pod/c}
            """);

    assertThat(selection.findLabels("/any", "/data/a")).contains(Map.of("team", "payments"));
    assertThat(selection.findLabels("/pod/b", "/data/any")).contains(Map.of());
    assertThat(selection.findLabels("/pod/c", "/data/c")).contains(Map.of());
    assertThat(selection.findLabels("/pod/d", "/data/c")).isEmpty();
    assertThat(selection.concernsCgroup("/pod/b")).isTrue();
    assertThat(selection.concernsCgroup("/other")).isFalse();
  }

  @Test
  void discovery_belowACgroup_leavesOutItsNeighbours() {
    InstanceSelection selection = new InstanceSelection.Discovered("/lab", Map.of());

    assertThat(selection.concernsCgroup("/lab")).isTrue();
    assertThat(selection.concernsCgroup("/lab/one")).isTrue();
    assertThat(selection.concernsCgroup("/laboratory")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"- labels: {a: b}\n", "what: is this\n", "- [1]\n", "- {port: [}"})
  void wrongList_namesItsFile(String text) {
    assertThatThrownBy(() -> read(text))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("instances.yaml");
  }

  private InstanceSelection read(String text) throws IOException {
    return InstanceSelection.read(Files.writeString(folder.resolve("instances.yaml"), text));
  }
}
