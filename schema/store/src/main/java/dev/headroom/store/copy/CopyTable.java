package dev.headroom.store.copy;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The columns of one table and how each is had from a row.
 *
 * @param <R> a row
 */
public final class CopyTable<R> {

  /** Reads one column of a row; null is SQL's NULL. */
  @FunctionalInterface
  public interface Getter<R, V> {
    @Nullable V of(R row);
  }

  private interface Encoder<R> {
    void put(R row, BinaryCopyBuffer buffer);
  }

  private interface Putter<V> {
    void put(BinaryCopyBuffer buffer, V value);
  }

  private record Column<R>(String name, String sqlType, Encoder<R> encoder) {}

  private final String name;
  private final List<Column<R>> columns;

  private CopyTable(String name, List<Column<R>> columns) {
    this.name = name;
    this.columns = List.copyOf(columns);
  }

  /** Starts the columns of the table with this name. */
  public static <R> Builder<R> named(String name) {
    return new Builder<>(name);
  }

  public String name() {
    return name;
  }

  public List<String> columnNames() {
    return columns.stream().map(Column::name).toList();
  }

  /** The column names, separated by commas, in the order of the encoded fields. */
  public String columnList() {
    return String.join(", ", columnNames());
  }

  /** The columns with their types, as CREATE TABLE takes them. */
  public String columnDefinitions() {
    return columns.stream()
        .map(column -> column.name() + " " + column.sqlType())
        .collect(Collectors.joining(", "));
  }

  /** The rows in binary COPY format, whole. */
  public BinaryCopyBuffer encode(Iterable<? extends R> rows) {
    BinaryCopyBuffer buffer = new BinaryCopyBuffer();
    for (R row : rows) {
      buffer.startRow(columns.size());
      for (Column<R> column : columns) {
        column.encoder().put(row, buffer);
      }
    }
    buffer.finish();
    return buffer;
  }

  /** Collects columns in the order of the encoded fields. */
  public static final class Builder<R> {

    private final String name;
    private final List<Column<R>> columns = new ArrayList<>();

    private Builder(String name) {
      this.name = name;
    }

    public Builder<R> timestamptz(String column, Getter<R, Instant> getter) {
      return add(column, "timestamptz", getter, BinaryCopyBuffer::putInstant);
    }

    public Builder<R> uuid(String column, Getter<R, UUID> getter) {
      return add(column, "uuid", getter, BinaryCopyBuffer::putUuid);
    }

    public Builder<R> text(String column, Getter<R, String> getter) {
      return add(column, "text", getter, BinaryCopyBuffer::putText);
    }

    public Builder<R> jsonb(String column, Getter<R, String> getter) {
      return add(column, "jsonb", getter, BinaryCopyBuffer::putJsonb);
    }

    /** A label of an enum type of schema {@code headroom}. */
    public Builder<R> label(String column, String enumType, Getter<R, String> getter) {
      return add(column, "headroom." + enumType, getter, BinaryCopyBuffer::putText);
    }

    public Builder<R> bool(String column, Getter<R, Boolean> getter) {
      return add(column, "boolean", getter, BinaryCopyBuffer::putBoolean);
    }

    public Builder<R> integer(String column, Getter<R, Integer> getter) {
      return add(column, "integer", getter, BinaryCopyBuffer::putInt);
    }

    public Builder<R> bigint(String column, Getter<R, Long> getter) {
      return add(column, "bigint", getter, BinaryCopyBuffer::putLong);
    }

    public Builder<R> doublePrecision(String column, Getter<R, Double> getter) {
      return add(column, "double precision", getter, BinaryCopyBuffer::putDouble);
    }

    public CopyTable<R> build() {
      return new CopyTable<>(name, columns);
    }

    private <V> Builder<R> add(
        String column, String sqlType, Getter<R, V> getter, Putter<V> putter) {
      columns.add(
          new Column<>(
              column,
              sqlType,
              (row, buffer) -> {
                V value = getter.of(row);
                if (value == null) {
                  buffer.putNull();
                } else {
                  putter.put(buffer, value);
                }
              }));
      return this;
    }
  }
}
