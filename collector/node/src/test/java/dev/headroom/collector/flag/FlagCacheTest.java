package dev.headroom.collector.flag;

import static dev.headroom.collector.flag.FlagFixtures.T0;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.headroom.collector.flag.FlagCache.Kept;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FlagCacheTest {

  private static final Kept KEPT = new Kept(FlagFixtures.enforced(), T0);

  @TempDir private Path folder;
  private FlagCache cache;

  @BeforeEach
  void open() {
    cache = new FlagCache(folder);
  }

  @Test
  void whatWasKept_isFound_andTheNextReplacesIt() throws IOException {
    assertThat(cache.find()).isEmpty();
    cache.write(KEPT);
    assertThat(cache.find()).contains(KEPT);
    Kept later = new Kept(FlagFixtures.state(8), T0.plusSeconds(60));
    cache.write(later);
    assertThat(cache.find()).contains(later);
  }

  /** Every byte of the file matters: any one changed, or the rest cut off, and it is refused. */
  @Test
  void aDamagedFile_isNeverUsed() throws IOException {
    cache.write(KEPT);
    Path file = folder.resolve("flags");
    byte[] whole = Files.readAllBytes(file);
    Random random = new Random(1);
    for (int i = 0; i < 300; i++) {
      byte[] damaged = whole.clone();
      if (i % 3 == 0) {
        damaged = Arrays.copyOf(whole, random.nextInt(whole.length));
      } else {
        damaged[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(7));
      }
      Files.write(file, damaged);
      assertThatThrownBy(() -> cache.find())
          .as("damage %d", i)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("the flags kept in " + file + " are not used: ");
    }
  }

  @Test
  void aFileOfAnotherVersion_isRefusedByName() throws IOException {
    Files.writeString(folder.resolve("flags"), "headroom-flags 2 x y\n{}");
    assertThatThrownBy(() -> cache.find()).hasMessageContaining("it is of version 2");
  }

  @Test
  void aWriterThatDiedHalfWay_leavesWhatWasThere() throws IOException {
    cache.write(KEPT);
    Files.writeString(folder.resolve("flags.next"), "headroom-fl");
    assertThat(cache.find()).contains(KEPT);
    cache.write(KEPT);
    assertThat(folder.resolve("flags.next")).doesNotExist();
  }
}
