package dev.headroom.collector.spool;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The file that says up to where a log has been stored. Losing it costs time and no data, because
 * storing twice stores once.
 *
 * <p>It has two lines of fixed length, {@code segment offset checksum}, which are overwritten by
 * turns: one is whole at any time, and a full disk does not stop the cursor whose move would free
 * it.
 */
final class LogCursor implements Closeable {

  private static final Pattern LINE = Pattern.compile("(\\d{19} \\d{10}) ([0-9a-f]{8})\n");
  private static final int LINE_BYTES = 19 + 1 + 10 + 1 + 8 + 1;

  private final FileChannel channel;
  private int nextLine;

  private LogCursor(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens the file with the disk space for both lines, made when it is not there. */
  static LogCursor open(Path file) throws IOException {
    FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
    long size = channel.size();
    if (size < 2 * LINE_BYTES) {
      channel.write(ByteBuffer.allocate((int) (2 * LINE_BYTES - size)), size);
      channel.force(true);
    }
    return new LogCursor(channel);
  }

  /** The position, or empty when none was written or both lines are damaged. */
  Optional<LogPosition> read() throws IOException {
    Optional<LogPosition> latest = Optional.empty();
    for (int line = 0; line < 2; line++) {
      Optional<LogPosition> position = read(line);
      if (position.isPresent()
          && (latest.isEmpty() || position.get().compareTo(latest.get()) > 0)) {
        latest = position;
        nextLine = 1 - line;
      }
    }
    return latest;
  }

  /** Replaces the position, durably. */
  void write(LogPosition position) throws IOException {
    String fields = "%019d %010d".formatted(position.segment(), position.offset());
    String line = "%s %08x\n".formatted(fields, checksum(fields));
    channel.write(
        ByteBuffer.wrap(line.getBytes(StandardCharsets.US_ASCII)), (long) nextLine * LINE_BYTES);
    channel.force(false);
    nextLine = 1 - nextLine;
  }

  private Optional<LogPosition> read(int line) throws IOException {
    byte[] bytes = new byte[LINE_BYTES];
    channel.read(ByteBuffer.wrap(bytes), (long) line * LINE_BYTES);
    Matcher matcher = LINE.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    if (!matcher.matches()
        || Integer.parseUnsignedInt(matcher.group(2), 16) != checksum(matcher.group(1))) {
      return Optional.empty();
    }
    String[] fields = matcher.group(1).split(" ", 2);
    return Optional.of(new LogPosition(Long.parseLong(fields[0]), Integer.parseInt(fields[1])));
  }

  private static int checksum(String fields) {
    CRC32C crc = new CRC32C();
    crc.update(fields.getBytes(StandardCharsets.US_ASCII));
    return (int) crc.getValue();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
