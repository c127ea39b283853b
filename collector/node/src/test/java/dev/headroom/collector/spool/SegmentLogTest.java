package dev.headroom.collector.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentLogTest {

  /** Three records: 8 bytes of header each and 5, 6 and 20 bytes, so the third is 27 to 54. */
  private static final List<String> RECORDS = List.of("first", "second", "x".repeat(20));

  private static final int THIRD_BEGINS = 8 + 5 + 8 + 6;
  private static final int THIRD_ENDS = THIRD_BEGINS + 8 + 20;
  private static final SegmentLog.Bounds SMALL = new SegmentLog.Bounds(128, 4, 0);

  @TempDir private Path folder;

  @Test
  void records_comeBackInOrderAfterReopening() throws IOException {
    write(RECORDS);

    assertThat(reopened()).isEqualTo(RECORDS);
  }

  @Test
  void tornTail_losesOnlyTheTornRecordWhereverItIsTorn() throws IOException {
    for (int tornAt = THIRD_BEGINS; tornAt <= THIRD_ENDS; tornAt++) {
      Path copy = freshCopy("zeros" + tornAt);
      try (FileChannel file = FileChannel.open(segment(copy), StandardOpenOption.WRITE)) {
        file.write(ByteBuffer.allocate(THIRD_ENDS - tornAt), tornAt);
      }
      assertTornAt(copy, tornAt);
    }
  }

  @Test
  void truncatedFile_losesOnlyTheTornRecordWhereverItIsCut() throws IOException {
    for (int cutAt = THIRD_BEGINS; cutAt <= THIRD_ENDS; cutAt++) {
      Path copy = freshCopy("cut" + cutAt);
      try (FileChannel file = FileChannel.open(segment(copy), StandardOpenOption.WRITE)) {
        file.truncate(cutAt);
      }
      assertTornAt(copy, cutAt);
    }
  }

  private static void assertTornAt(Path folder, int tornAt) throws IOException {
    List<String> whole = new ArrayList<>(RECORDS.subList(0, tornAt == THIRD_ENDS ? 3 : 2));
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      assertThat(read(log)).as("torn at byte %d", tornAt).isEqualTo(whole);
      // From the third byte of the length on (the first two are zero) the tear can be seen.
      if (tornAt > THIRD_BEGINS + 8 && tornAt < THIRD_ENDS) {
        assertThat(log.tornBytes()).isPositive();
      }
      log.append(bytes("after"));
    }
    whole.add("after");
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      assertThat(read(log)).as("torn at byte %d", tornAt).isEqualTo(whole);
      assertThat(log.tornBytes()).isZero();
    }
  }

  @Test
  void flippedBitInTheMiddle_isNeverDeliveredAsARecord() throws IOException {
    write(RECORDS);
    try (FileChannel file = FileChannel.open(segment(folder), StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(bytes("S")), 8 + 5 + 8);
    }

    assertThat(reopened()).containsExactly("first");
  }

  @Test
  void cursor_survivesReopeningAndSkipsWhatWasStored() throws IOException {
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      log.append(bytes("stored"));
      log.advance(log.read(10, 1000).end());
      log.append(bytes("not yet"));
    }

    assertThat(reopened()).containsExactly("not yet");
  }

  @Test
  void damagedCursor_deliversAgainRatherThanNothing() throws IOException {
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      log.append(bytes("stored"));
      log.advance(log.read(10, 1000).end());
    }
    Files.writeString(folder.resolve("cursor"), "garbage");

    assertThat(reopened()).containsExactly("stored");
  }

  @Test
  void bound_isAnErrorThatChangesNothingAndGoesAwayWithTheCursor() throws IOException {
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      int written = 0;
      while (written < 1000) {
        try {
          log.append(bytes("record " + written));
          written++;
        } catch (LogFullException full) {
          assertThat(full).hasMessageContaining("bound of 4 segments of 128 bytes");
          break;
        }
      }
      // 128 bytes hold 128 / (8 + 8) = 8 records of 8 bytes; ten of "record n", then 9 bytes.
      assertThat(written).isBetween(4 * 7, 4 * 8);
      assertThat(log.usedShare()).isBetween(0.8, 1.0);
      SegmentLog.Batch all = log.read(1000, 10_000);
      assertThat(all.records()).hasSize(written);

      log.advance(all.end());
      log.append(bytes("there is room again"));

      assertThat(read(log)).containsExactly("there is room again");
      assertThat(log.usedShare()).isLessThan(0.5);
    }
  }

  @Test
  void recordLargerThanASegment_isRefused() throws IOException {
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      assertThatThrownBy(() -> log.append(new byte[121]))
          .isInstanceOf(LogFullException.class)
          .hasMessageContaining("121 bytes is larger than a segment of 128 bytes");
      log.append(new byte[120]);
    }
  }

  private void write(List<String> records) throws IOException {
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      for (String record : records) {
        log.append(bytes(record));
      }
      log.sync();
    }
  }

  private Path freshCopy(String name) throws IOException {
    Path copy = folder.resolve(name);
    try (SegmentLog log = SegmentLog.open(copy, SMALL)) {
      for (String record : RECORDS) {
        log.append(bytes(record));
      }
    }
    return copy;
  }

  private List<String> reopened() throws IOException {
    try (SegmentLog log = SegmentLog.open(folder, SMALL)) {
      return read(log);
    }
  }

  private static List<String> read(SegmentLog log) throws IOException {
    return log.read(1000, 10_000).records().stream()
        .map(record -> new String(record, StandardCharsets.UTF_8))
        .toList();
  }

  private static Path segment(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(".segment")).findFirst().orElseThrow();
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
