package dev.headroom.store.copy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.IntPredicate;
import java.util.function.ToIntFunction;
import org.postgresql.copy.CopyOut;

/**
 * Reads rows from a running {@code COPY … TO STDOUT (FORMAT binary)}, one at a time, without an
 * object for a row or a value: this is the path that a first replay waits for. The format is that
 * of {@link BinaryCopyBuffer}.
 *
 * <p>Fields are numbered from 0. Times are microseconds since 1970.
 */
public final class BinaryCopyReader {

  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
  private static final int HEADER_BYTES = 11 + 2 * Integer.BYTES;
  private static final int MOST_FIELDS = 1600;
  private static final long POSTGRES_EPOCH_MICROS =
      BinaryCopyBuffer.POSTGRES_EPOCH_SECOND * 1_000_000L;

  private final CopyOut copy;
  private byte[] bytes = new byte[0];
  private int length;
  private int next;

  /** Where the row at hand starts: what is before it is not needed any more. */
  private int rowStart;

  private boolean pastHeader;

  private final int[] offsets = new int[MOST_FIELDS];
  private final int[] lengths = new int[MOST_FIELDS];

  public BinaryCopyReader(CopyOut copy) {
    this.copy = copy;
  }

  /**
   * Goes to the next row.
   *
   * @return false behind the last
   */
  public boolean next() throws SQLException {
    if (!pastHeader) {
      require(HEADER_BYTES);
      next += HEADER_BYTES + intAt(next + HEADER_BYTES - Integer.BYTES);
      pastHeader = true;
    }
    rowStart = next;
    require(Short.BYTES);
    int fields = (short) SHORT.get(bytes, next);
    next += Short.BYTES;
    if (fields < 0) {
      while (copy.readFromCopy() != null) {
        // the end of the rows is also the end of what the server sends
      }
      return false;
    }
    for (int field = 0; field < fields; field++) {
      require(Integer.BYTES);
      int size = intAt(next);
      next += Integer.BYTES;
      require(Math.max(size, 0));
      offsets[field] = next;
      lengths[field] = size;
      next += Math.max(size, 0);
    }
    return true;
  }

  /**
   * Makes so many bytes available. The server sends a row in one piece, so that a piece usually
   * takes the place of the one before; one that does not is joined.
   */
  private void require(int wanted) throws SQLException {
    while (length - next < wanted) {
      byte[] more = copy.readFromCopy();
      if (more == null) {
        throw new SQLException("the server ended a COPY in the middle of a row");
      }
      if (rowStart == length) {
        bytes = more;
        length = more.length;
        next = 0;
        rowStart = 0;
      } else {
        bytes = Arrays.copyOf(bytes, length + more.length);
        System.arraycopy(more, 0, bytes, length, more.length);
        length = bytes.length;
      }
    }
  }

  private int intAt(int at) {
    return (int) INT.get(bytes, at);
  }

  public boolean isNull(int field) {
    return lengths[field] < 0;
  }

  /** A {@code bigint}, {@code integer} or {@code boolean}, which is 0 or 1. */
  public long getLong(int field) {
    int at = offsets[field];
    return switch (lengths[field]) {
      case Long.BYTES -> (long) LONG.get(bytes, at);
      case Integer.BYTES -> intAt(at);
      case 1 -> bytes[at];
      default ->
          throw new IllegalStateException(
              "field " + field + " has " + lengths[field] + " bytes, which is no whole number");
    };
  }

  /** A {@code timestamptz}, in microseconds since 1970. */
  public long getMicros(int field) {
    return getLong(field) + POSTGRES_EPOCH_MICROS;
  }

  /**
   * Reads a row of samples or processes as whole numbers: the time, then every field behind the
   * instance's id, which all rows share.
   *
   * @param values receives them, the time first; those that are absent are left as they are
   * @param isText whether the value at a position is a text, for which {@code number} stands
   * @return one bit for each value, set where there is one
   */
  public long getNumbers(long[] values, IntPredicate isText, ToIntFunction<String> number) {
    values[0] = getMicros(0);
    long present = 1;
    for (int position = 1; position < values.length; position++) {
      int field = position + 1;
      if (!isNull(field)) {
        present |= 1L << position;
        values[position] =
            isText.test(position) ? number.applyAsInt(getText(field)) : getLong(field);
      }
    }
    return present;
  }

  /** A {@code uuid}. */
  public UUID getUuid(int field) {
    int at = offsets[field];
    return new UUID((long) LONG.get(bytes, at), (long) LONG.get(bytes, at + Long.BYTES));
  }

  /** A {@code text} or the label of an enum. */
  public String getText(int field) {
    return new String(bytes, offsets[field], lengths[field], StandardCharsets.UTF_8);
  }
}
