package dev.headroom.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading postmaster.pid, whole, half written and broken. */
class PostmasterFileTest {

  @TempDir private Path data = Path.of("");

  @Test
  void completeFile_isReadFieldByField() throws IOException {
    write("4242\n/d\n1700000000\n5433\n/run/my sockets\n127.0.0.1\n   123   456\nready   \n");

    assertThat(PostmasterFile.find(data))
        .contains(
            new PostmasterFile(
                4242,
                Instant.ofEpochSecond(1_700_000_000),
                5433,
                Optional.of(Path.of("/run/my sockets")),
                "ready"));
  }

  @Test
  void halfWrittenFile_isNoFileYetButHasAPid() throws IOException {
    write("4242\n/d\n1700000000\n5433\n");

    assertThat(PostmasterFile.find(data)).isEmpty();
    assertThat(PostmasterFile.findPid(data)).contains(4242L);
  }

  @Test
  void missingOrEmptyFile_hasNoPid() throws IOException {
    assertThat(PostmasterFile.findPid(data)).isEmpty();
    write("");
    assertThat(PostmasterFile.findPid(data)).isEmpty();
  }

  @Test
  void malformedFile_isAnErrorThatNamesIt() throws IOException {
    write("4242\n/d\n1700000000\nport\n/run\n127.0.0.1\n1 2\nready\n");

    assertThatThrownBy(() -> PostmasterFile.find(data))
        .isInstanceOf(EmbeddedDatabaseException.class)
        .hasMessageContaining(data.resolve("postmaster.pid").toString())
        .hasMessageContaining("\"port\"");
  }

  @Test
  void otherProcess_isNoPostmaster() {
    assertThat(PostmasterFile.isPostmaster(ProcessHandle.current().pid(), data)).isFalse();
  }

  private void write(String text) throws IOException {
    Files.writeString(data.resolve("postmaster.pid"), text);
  }
}
