package dev.headroom.store.copy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.UUID;

/**
 * Rows in Postgres's binary COPY format, collected in memory.
 *
 * <p>Layout, all numbers big-endian: the 11-byte signature, 4 bytes of flags (0) and 4 bytes of
 * header extension length (0); for each row a 2-byte count of fields and for each field a 4-byte
 * length (-1 for null) with so many bytes; at the end a 2-byte -1. See "Binary Format" under COPY
 * in the Postgres manual; the fields' own formats are those of the types' send functions.
 */
public final class BinaryCopyBuffer {

  private static final byte[] SIGNATURE = {
    'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xff, '\r', '\n', 0
  };
  private static final int INITIAL_BYTES = 64 * 1024;
  private static final int NULL_LENGTH = -1;
  private static final int END_OF_ROWS = -1;
  private static final byte JSONB_VERSION = 1;
  static final long POSTGRES_EPOCH_SECOND = Instant.parse("2000-01-01T00:00:00Z").getEpochSecond();

  private ByteBuffer buffer = ByteBuffer.allocate(INITIAL_BYTES);

  public BinaryCopyBuffer() {
    buffer.put(SIGNATURE).putInt(0).putInt(0);
  }

  /** Starts a row; exactly {@code fields} values follow. */
  public void startRow(int fields) {
    reserve(Short.BYTES).putShort((short) fields);
  }

  public void putNull() {
    reserve(Integer.BYTES).putInt(NULL_LENGTH);
  }

  /** A {@code boolean}. */
  public void putBoolean(boolean value) {
    reserve(Integer.BYTES + 1).putInt(1).put((byte) (value ? 1 : 0));
  }

  /** An {@code integer}. */
  public void putInt(int value) {
    reserve(2 * Integer.BYTES).putInt(Integer.BYTES).putInt(value);
  }

  /** A {@code bigint}. */
  public void putLong(long value) {
    reserve(Integer.BYTES + Long.BYTES).putInt(Long.BYTES).putLong(value);
  }

  /** A {@code double precision}. */
  public void putDouble(double value) {
    putLong(Double.doubleToRawLongBits(value));
  }

  /** A {@code uuid}. */
  public void putUuid(UUID value) {
    reserve(Integer.BYTES + 2 * Long.BYTES)
        .putInt(2 * Long.BYTES)
        .putLong(value.getMostSignificantBits())
        .putLong(value.getLeastSignificantBits());
  }

  /**
   * A {@code timestamptz}: microseconds since 2000; what is below a microsecond is cut off.
   *
   * @throws ArithmeticException when the moment is more than 292,000 years away
   */
  public void putInstant(Instant value) {
    long seconds = value.getEpochSecond() - POSTGRES_EPOCH_SECOND;
    putLong(Math.addExact(Math.multiplyExact(seconds, 1_000_000L), value.getNano() / 1_000));
  }

  /**
   * A {@code text}, {@code json} or enum label. Postgres knows no text with a NUL character; each
   * becomes U+FFFD, so that no name a process gives itself makes a row unstorable.
   */
  public void putText(String value) {
    byte[] bytes = utf8(value);
    reserve(Integer.BYTES + bytes.length).putInt(bytes.length).put(bytes);
  }

  /** A {@code jsonb}. */
  public void putJsonb(String value) {
    byte[] bytes = utf8(value);
    reserve(Integer.BYTES + 1 + bytes.length)
        .putInt(1 + bytes.length)
        .put(JSONB_VERSION)
        .put(bytes);
  }

  /** Ends the rows; nothing may be put after it. */
  public void finish() {
    reserve(Short.BYTES).putShort((short) END_OF_ROWS);
  }

  /** The bytes so far, of which the first {@link #length} count. */
  public byte[] array() {
    return buffer.array();
  }

  public int length() {
    return buffer.position();
  }

  private static byte[] utf8(String value) {
    return value.replace('\0', '\uFFFD').getBytes(StandardCharsets.UTF_8);
  }

  private ByteBuffer reserve(int bytes) {
    if (buffer.remaining() < bytes) {
      int wanted = Math.addExact(buffer.position(), bytes);
      int capacity =
          (int) Math.min(Math.max(2L * buffer.capacity(), wanted), Integer.MAX_VALUE - 8);
      int position = buffer.position();
      buffer = ByteBuffer.wrap(Arrays.copyOf(buffer.array(), capacity)).position(position);
    }
    return buffer;
  }
}
