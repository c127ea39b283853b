package dev.headroom.engine.recording;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.util.List;

/**
 * A table of samples or processes as rows of whole numbers: its hashed columns in the order of
 * their numbers. A time is in microseconds since the epoch, a boolean 0 or 1, a text the number it
 * has in a {@link TextNumbers}.
 */
final class SampleTable {

  static final SampleTable MEMORY = new SampleTable(Tables.MEMORY_SAMPLE);
  static final SampleTable PROCESS = new SampleTable(Tables.PROCESS_SAMPLE);

  private static final VarHandle BIG_ENDIAN_LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle BIG_ENDIAN_INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final int LARGEST_ROW = 64 * 1024;

  private final int number;
  private final List<Column<?>> columns;

  private SampleTable(Table<?> table) {
    number = table.number();
    columns = List.copyOf(table.columns().stream().filter(Column::hashed).toList());
  }

  int size() {
    return columns.size();
  }

  Column<?> column(int position) {
    return columns.get(position);
  }

  /** Where the column of this name stands. */
  int position(String name) {
    for (int position = 0; position < columns.size(); position++) {
      if (columns.get(position).name().equals(name)) {
        return position;
      }
    }
    throw new IllegalArgumentException("no hashed column is named " + name);
  }

  /** Feeds canonical rows to a digest, many at a time. */
  static final class Hasher {
    private final MessageDigest digest;
    private final byte[] bytes = new byte[4 * LARGEST_ROW];
    private int length;

    Hasher(MessageDigest digest) {
      this.digest = digest;
    }

    void flush() {
      digest.update(bytes, 0, length);
      length = 0;
    }
  }

  /**
   * Adds the canonical form of a row; the same bytes as {@link Table#canonicalBytes}.
   *
   * @param present one bit for each column, set where there is a value
   */
  void hash(long[] values, long present, TextNumbers texts, Hasher to) {
    if (to.length + LARGEST_ROW > to.bytes.length) {
      to.flush();
    }
    byte[] bytes = to.bytes;
    int at = to.length;
    bytes[at++] = (byte) number;
    for (int position = 0; position < columns.size(); position++) {
      if ((present & (1L << position)) == 0) {
        continue;
      }
      Column<?> column = columns.get(position);
      long value = values[position];
      bytes[at++] = (byte) column.number();
      switch (column.type()) {
        case BOOLEAN -> bytes[at++] = (byte) value;
        case INTEGER, LONG, INSTANT -> {
          BIG_ENDIAN_LONG.set(bytes, at, value);
          at += Long.BYTES;
        }
        case TEXT -> {
          byte[] utf8 = texts.utf8((int) value);
          if (at + utf8.length + LARGEST_ROW / 2 > bytes.length) {
            throw new IllegalArgumentException(
                "column " + column.name() + " has a text of " + utf8.length + " bytes");
          }
          BIG_ENDIAN_INT.set(bytes, at, utf8.length);
          at += Integer.BYTES;
          System.arraycopy(utf8, 0, bytes, at, utf8.length);
          at += utf8.length;
        }
        default -> throw new IllegalStateException("no sample has a column of " + column.type());
      }
    }
    bytes[at++] = 0;
    to.length = at;
  }
}
