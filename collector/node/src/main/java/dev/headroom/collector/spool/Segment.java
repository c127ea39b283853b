package dev.headroom.collector.spool;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.zip.CRC32C;

/**
 * One file of a log, of fixed size and filled with zeros when it is made, so that writing to it
 * needs no new disk space.
 *
 * <p>Layout, big-endian: records one after the other, each {@code int length}, {@code int crc},
 * {@code byte[length]}; a length of zero ends them. The check sum is CRC32C over the segment's
 * number, the length and the bytes: a file that is used again for another number holds nothing
 * valid of its former life.
 */
final class Segment implements Closeable {

  static final int HEADER_BYTES = 2 * Integer.BYTES;

  private static final int ZEROS_BYTES = 1 << 16;

  private final Path file;
  private final long number;
  private final int sizeBytes;
  private final FileChannel channel;

  private Segment(Path file, long number, int sizeBytes, FileChannel channel) {
    this.file = file;
    this.number = number;
    this.sizeBytes = sizeBytes;
    this.channel = channel;
  }

  /** What stands at an offset. */
  sealed interface Entry {
    /** A whole record; the next stands at {@code end}. */
    @SuppressWarnings("ArrayRecordComponent") // a carrier that is never compared
    record Whole(byte[] bytes, int end) implements Entry {}

    /** The records end here. */
    record End() implements Entry {}

    /** Something stands here that is no whole record. */
    record Torn() implements Entry {}
  }

  /** Makes a file of this size with all its disk space; nothing is left behind when that fails. */
  static void allocate(Path file, int sizeBytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      clear(channel, 0, sizeBytes);
      channel.force(true);
    } catch (IOException full) {
      Files.deleteIfExists(file);
      throw full;
    }
  }

  static Segment open(Path file, long number) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    return new Segment(file, number, Math.toIntExact(channel.size()), channel);
  }

  long number() {
    return number;
  }

  Path file() {
    return file;
  }

  int sizeBytes() {
    return sizeBytes;
  }

  boolean fits(int offset, int recordBytes) {
    return recordBytes <= sizeBytes - offset - HEADER_BYTES;
  }

  /** Writes a record and returns where the next one goes. */
  int write(int offset, byte[] bytes) throws IOException {
    ByteBuffer record = ByteBuffer.allocate(HEADER_BYTES + bytes.length);
    record.putInt(bytes.length).putInt(checksum(bytes)).put(bytes).flip();
    writeFully(channel, record, offset);
    return offset + HEADER_BYTES + bytes.length;
  }

  void sync() throws IOException {
    channel.force(false);
  }

  /** What stands at {@code offset}. */
  Entry read(int offset) throws IOException {
    if (offset > sizeBytes - HEADER_BYTES) {
      return new Entry.End();
    }
    Optional<byte[]> header = readFully(offset, HEADER_BYTES);
    if (header.isEmpty()) {
      return new Entry.Torn();
    }
    ByteBuffer fields = ByteBuffer.wrap(header.get());
    int length = fields.getInt();
    int checksum = fields.getInt();
    if (length == 0 && checksum == 0) {
      return new Entry.End();
    }
    if (length <= 0 || !fits(offset, length)) {
      return new Entry.Torn();
    }
    Optional<byte[]> bytes = readFully(offset + HEADER_BYTES, length);
    return bytes.isEmpty() || checksum(bytes.get()) != checksum
        ? new Entry.Torn()
        : new Entry.Whole(bytes.get(), offset + HEADER_BYTES + length);
  }

  /** Makes the records end at {@code offset}. */
  void endAt(int offset) throws IOException {
    clear(channel, offset, sizeBytes);
    channel.force(false);
  }

  private int checksum(byte[] bytes) {
    CRC32C crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(Long.BYTES + Integer.BYTES)
            .putLong(number)
            .putInt(bytes.length)
            .flip());
    crc.update(bytes);
    return (int) crc.getValue();
  }

  private Optional<byte[]> readFully(int offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (channel.read(buffer, offset + (long) buffer.position()) < 0) {
        return Optional.empty();
      }
    }
    return Optional.of(bytes);
  }

  private static void clear(FileChannel channel, int from, int to) throws IOException {
    for (int at = from; at < to; at += ZEROS_BYTES) {
      writeFully(channel, ByteBuffer.allocate(Math.min(ZEROS_BYTES, to - at)), at);
    }
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes, int offset)
      throws IOException {
    long at = offset;
    while (bytes.hasRemaining()) {
      at += channel.write(bytes, at);
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
