package dev.headroom.collector.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.kernel.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PostmasterPidFileTest {

  @TempDir private Path folder;

  @Test
  void fullFile_givesEveryLine() throws IOException {
    write("77\n/data\n1700000000\n5432\n/run/pg\nlocalhost\n  5432001   98765\nready   \n");

    assertThat(PostmasterPidFile.find(file()))
        .contains(new PostmasterPidFile(77, "/data", 5432, "/run/pg", "ready"));
  }

  @Test
  void fileOfAStartingServer_hasAbsentLines() throws IOException {
    write("77\n/data\n1700000000\n");

    assertThat(PostmasterPidFile.find(file()))
        .contains(new PostmasterPidFile(77, "/data", null, null, null));
  }

  @Test
  void missingFile_isEmpty() throws IOException {
    assertThat(PostmasterPidFile.find(file())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "77\n", "pid\n/data\n", "77\n/data\n1\nport\n"})
  void corruptFile_namesItself(String text) throws IOException {
    write(text);

    assertThatThrownBy(() -> PostmasterPidFile.find(file()))
        .isInstanceOf(MalformedFileException.class)
        .hasMessageContaining("postmaster.pid");
  }

  private Path file() {
    return folder.resolve("postmaster.pid");
  }

  private void write(String text) throws IOException {
    Files.writeString(file(), text);
  }
}
