package dev.headroom.engine.recording;

import dev.headroom.model.InstanceId;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One table of a recording: its columns and how a row becomes a value again. The file's schema,
 * writing, reading and the content hash all follow from this one list.
 *
 * <p>Recorded columns are for ever: add at the end, never retype, rename or reorder.
 *
 * @param number names the table in the canonical form of a row; for ever
 * @param name as in SQL
 * @param rowType what a row is in Java
 * @param columns in ascending order of their numbers
 * @param instanceId whose row it is
 * @param time by which rows are ordered
 * @param reader makes a value of a row
 */
record Table<R>(
    int number,
    String name,
    Class<R> rowType,
    List<Column<R>> columns,
    Function<R, @Nullable InstanceId> instanceId,
    Function<R, Instant> time,
    Function<Row, R> reader) {

  String fileName() {
    return name + ".parquet";
  }

  /** The canonical form of a row; what {@code docs/recordings.md} defines. */
  byte[] canonicalBytes(R row, CanonicalBytes bytes) {
    bytes.putByte(number);
    for (Column<R> column : columns) {
      Object value = column.hashed() ? column.value().apply(row) : null;
      if (value != null) {
        bytes.putByte(column.number());
        column.type().put(bytes, value);
      }
    }
    bytes.putByte(0);
    return bytes.take();
  }

  static <R> Builder<R> of(int number, String name, Class<R> rowType) {
    return new Builder<>(number, name, rowType);
  }

  /** Collects columns, which are numbered in the order in which they are added. */
  static final class Builder<R> {
    private final int number;
    private final String name;
    private final Class<R> rowType;
    private final List<Column<R>> columns = new ArrayList<>();

    private Builder(int number, String name, Class<R> rowType) {
      this.number = number;
      this.name = name;
      this.rowType = rowType;
    }

    Builder<R> column(String columnName, ColumnType type, Function<R, @Nullable Object> value) {
      return add(columnName, type, true, value);
    }

    /** A column that the content hash leaves out. */
    Builder<R> unhashed(String columnName, ColumnType type, Function<R, @Nullable Object> value) {
      return add(columnName, type, false, value);
    }

    private Builder<R> add(
        String columnName, ColumnType type, boolean hashed, Function<R, @Nullable Object> value) {
      columns.add(new Column<>(columns.size() + 1, columnName, type, hashed, value));
      return this;
    }

    Table<R> build(
        Function<R, @Nullable InstanceId> instanceId,
        Function<R, Instant> time,
        Function<Row, R> reader) {
      return new Table<>(number, name, rowType, List.copyOf(columns), instanceId, time, reader);
    }
  }
}
