package dev.headroom.collector.ffm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;

class SharedMemoryTest {

  private static final long BYTES = 8192;

  @Test
  void twoMappings_shareWhatIsWritten() throws Exception {
    try (MemoryFile file = MemoryFile.create("shared", BYTES, true);
        SharedMemory one = SharedMemory.map(file.path(), BYTES);
        SharedMemory other = SharedMemory.map(file.path(), BYTES)) {
      one.setLong(4096, 7);
      one.setInt(4104, 8);

      assertThat(other.getAndSetLong(4096, 9)).isEqualTo(7);
      assertThat(other.compareAndSetLong(4096, 7, 1)).isFalse();
      assertThat(other.compareAndSetLong(4096, 9, 10)).isTrue();
      assertThat(one.getLong(4096)).isEqualTo(10);
      assertThat(other.getInt(4104)).isEqualTo(8);
      assertThat(one.byteSize()).isEqualTo(BYTES);
    }
  }

  @Test
  void text_endsAtNul_orAtItsPlacesEnd() throws Exception {
    try (MemoryFile file = MemoryFile.create("text", BYTES, true);
        SharedMemory memory = SharedMemory.map(file.path(), BYTES)) {
      memory.setLong(0, 0x0000_0000_0063_6261L);
      memory.setLong(8, 0x6868_6868_6868_6868L);

      assertThat(memory.getText(0, 8)).isEqualTo("abc");
      assertThat(memory.getText(8, 4)).isEqualTo("hhhh");
    }
  }

  /** A page that is cut off under a mapping kills who touches it. */
  @Test
  void fileThatMayShrink_isRefused() throws Exception {
    try (MemoryFile file = MemoryFile.create("open", BYTES, false)) {
      assertThatThrownBy(() -> SharedMemory.map(file.path(), BYTES))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("is not sealed against shrinking");
    }
  }

  @Test
  void emptyAndOversizedFiles_areRefused() throws Exception {
    try (MemoryFile empty = MemoryFile.create("empty", 0, true);
        MemoryFile large = MemoryFile.create("large", BYTES + 1, true)) {
      assertThatThrownBy(() -> SharedMemory.map(empty.path(), BYTES))
          .hasMessageContaining("has 0 bytes");
      assertThatThrownBy(() -> SharedMemory.map(large.path(), BYTES))
          .hasMessageContaining("has 8,193 bytes; between 1 and 8,192 can be mapped");
    }
  }

  @Test
  void closedMapping_throwsInsteadOfTouchingMemory() throws Exception {
    try (MemoryFile file = MemoryFile.create("closed", BYTES, true)) {
      SharedMemory memory = SharedMemory.map(file.path(), BYTES);
      memory.close();

      assertThatThrownBy(() -> memory.getLong(0)).isInstanceOf(IllegalStateException.class);
    }
  }
}
