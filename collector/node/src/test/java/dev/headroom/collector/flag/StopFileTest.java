package dev.headroom.collector.flag;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopFileTest {

  @TempDir private Path folder;

  @Test
  void stoppedUntilLifted_andBothAreRecorded() throws IOException {
    StopFile stop = new StopFile(folder.resolve("state"));
    assertThat(stop.findReason()).isEmpty();
    stop.stop("incident 7", "ann", FlagFixtures.T0);
    assertThat(stop.findReason()).contains("incident 7 (by ann at 2026-11-20T12:00:00Z)");
    assertThat(stop.lift("over", "bob", FlagFixtures.T0.plusSeconds(9))).isTrue();
    assertThat(stop.findReason()).isEmpty();
    assertThat(stop.lift("again", "bob", FlagFixtures.T0.plusSeconds(9))).isFalse();
    assertThat(folder.resolve("state/stop.log"))
        .hasContent(
            """
            2026-11-20T12:00:00Z stopped by ann: incident 7
            2026-11-20T12:00:09Z lifted by bob: over
            """);
  }

  @Test
  void aFileMadeByHand_counts_whateverIsInIt() throws IOException {
    Files.createFile(folder.resolve("stop"));
    assertThat(new StopFile(folder).findReason()).contains("no reason is given");
    Files.write(folder.resolve("stop"), new byte[] {(byte) 0xff, (byte) 0xfe});
    assertThat(new StopFile(folder).findReason().orElseThrow()).contains("cannot be read");
  }
}
