package dev.headroom.engine.columnar;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * One column of one block: up to a few thousand whole numbers, any of which may be absent.
 *
 * <p>Layout, little-endian: one byte for the {@link #kind}; then, unless every value is absent, the
 * smallest value (8 bytes); then, unless all are the same, the shift (1 byte) and width (1 byte: 1,
 * 2, 4 or 8); then, if some are absent, one bit for each value, set where there is one; then each
 * value's distance from the smallest, shifted right, in so many bytes. Memory sizes are multiples
 * of a page and change little from sample to sample, so most columns need one or two bytes a value
 * and many nothing at all; a value is found without the ones before it.
 */
final class PackedColumn {

  private static final int ALL_ABSENT = 0;
  private static final int CONSTANT = 1;
  private static final int PACKED = 2;
  private static final int PACKED_WITH_ABSENT = 3;

  private static final int BASE = 1;
  private static final int SHIFT = BASE + Long.BYTES;
  private static final int WIDTH = SHIFT + 1;
  private static final int DATA = WIDTH + 1;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final MemorySegment bytes;
  private final int kind;
  private final long base;
  private final int shift;
  private final int width;
  private final long present;
  private final long data;

  /** The column that starts at this offset of a block. */
  PackedColumn(MemorySegment bytes, long offset, int rows) {
    this.bytes = bytes;
    kind = bytes.get(ValueLayout.JAVA_BYTE, offset);
    base = kind == ALL_ABSENT ? 0 : bytes.get(LONG, offset + BASE);
    boolean packed = kind >= PACKED;
    shift = packed ? bytes.get(ValueLayout.JAVA_BYTE, offset + SHIFT) : 0;
    width = packed ? bytes.get(ValueLayout.JAVA_BYTE, offset + WIDTH) : 0;
    present = offset + DATA;
    data = kind == PACKED_WITH_ABSENT ? present + bitmapBytes(rows) : present;
  }

  /** The most bytes a column of so many rows takes. */
  static int largestBytes(int rows) {
    return DATA + bitmapBytes(rows) + rows * Long.BYTES;
  }

  private static int bitmapBytes(int rows) {
    return (rows + 7) / 8;
  }

  /** Appends a column to a little-endian buffer. */
  static void write(long[] values, boolean[] absent, int rows, ByteBuffer to) {
    long smallest = Long.MAX_VALUE;
    long largest = Long.MIN_VALUE;
    int absentRows = 0;
    for (int row = 0; row < rows; row++) {
      if (absent[row]) {
        absentRows++;
      } else {
        smallest = Math.min(smallest, values[row]);
        largest = Math.max(largest, values[row]);
      }
    }
    if (absentRows == rows) {
      to.put((byte) ALL_ABSENT);
      return;
    }
    if (absentRows == 0 && smallest == largest) {
      to.put((byte) CONSTANT).putLong(smallest);
      return;
    }
    long bits = 0;
    for (int row = 0; row < rows; row++) {
      bits |= absent[row] ? 0 : values[row] - smallest;
    }
    int shift = bits == 0 ? 0 : Long.numberOfTrailingZeros(bits);
    int width = width(bits >>> shift);
    to.put((byte) (absentRows == 0 ? PACKED : PACKED_WITH_ABSENT)).putLong(smallest);
    to.put((byte) shift).put((byte) width);
    if (absentRows > 0) {
      writeBitmap(absent, rows, to);
    }
    for (int row = 0; row < rows; row++) {
      long distance = absent[row] ? 0 : (values[row] - smallest) >>> shift;
      switch (width) {
        case 1 -> to.put((byte) distance);
        case 2 -> to.putShort((short) distance);
        case 4 -> to.putInt((int) distance);
        default -> to.putLong(distance);
      }
    }
  }

  /** How many bytes hold a distance; one beyond half the range of numbers needs all eight. */
  private static int width(long bits) {
    int needed = Long.SIZE - Long.numberOfLeadingZeros(bits);
    return needed <= 8 ? 1 : needed <= 16 ? 2 : needed <= 32 ? 4 : 8;
  }

  private static void writeBitmap(boolean[] absent, int rows, ByteBuffer to) {
    for (int first = 0; first < rows; first += 8) {
      int bits = 0;
      for (int row = first; row < Math.min(first + 8, rows); row++) {
        bits |= absent[row] ? 0 : 1 << (row - first);
      }
      to.put((byte) bits);
    }
  }

  boolean isAbsent(int row) {
    return switch (kind) {
      case ALL_ABSENT -> true;
      case PACKED_WITH_ABSENT ->
          (bytes.get(ValueLayout.JAVA_BYTE, present + row / 8) & (1 << (row % 8))) == 0;
      default -> false;
    };
  }

  /** The value of a row that has one. */
  long get(int row) {
    return switch (width) {
      case 0 -> base;
      case 1 -> base + ((bytes.get(ValueLayout.JAVA_BYTE, data + row) & 0xffL) << shift);
      case 2 -> base + ((bytes.get(SHORT, data + 2L * row) & 0xffffL) << shift);
      case 4 -> base + ((bytes.get(INT, data + 4L * row) & 0xffffffffL) << shift);
      default -> base + (bytes.get(LONG, data + 8L * row) << shift);
    };
  }

  /**
   * Reads the rows from one to before another, the first of them to the start of the array; those
   * that are absent become a number of the caller's choice.
   */
  void read(int from, int to, long[] values, long absentValue) {
    switch (width) {
      case 0 -> Arrays.fill(values, 0, to - from, kind == ALL_ABSENT ? absentValue : base);
      case 1 -> {
        for (int row = from; row < to; row++) {
          values[row - from] =
              base + ((bytes.get(ValueLayout.JAVA_BYTE, data + row) & 0xffL) << shift);
        }
      }
      case 2 -> {
        for (int row = from; row < to; row++) {
          values[row - from] = base + ((bytes.get(SHORT, data + 2L * row) & 0xffffL) << shift);
        }
      }
      case 4 -> {
        for (int row = from; row < to; row++) {
          values[row - from] = base + ((bytes.get(INT, data + 4L * row) & 0xffffffffL) << shift);
        }
      }
      default -> {
        for (int row = from; row < to; row++) {
          values[row - from] = base + (bytes.get(LONG, data + 8L * row) << shift);
        }
      }
    }
    if (kind == PACKED_WITH_ABSENT) {
      for (int row = from; row < to; row++) {
        if (isAbsent(row)) {
          values[row - from] = absentValue;
        }
      }
    }
  }
}
