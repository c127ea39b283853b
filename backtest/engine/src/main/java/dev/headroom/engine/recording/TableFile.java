package dev.headroom.engine.recording;

import com.jerolba.carpet.CarpetReader;
import com.jerolba.carpet.CarpetWriter;
import com.jerolba.carpet.CloseableIterator;
import com.jerolba.carpet.TimeUnit;
import com.jerolba.carpet.io.FileSystemInputFile;
import com.jerolba.carpet.io.FileSystemOutputFile;
import com.jerolba.carpet.model.FieldType;
import com.jerolba.carpet.model.FieldTypes;
import com.jerolba.carpet.model.WriteRecordModelType;
import dev.headroom.model.InstanceId;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.hadoop.metadata.CompressionCodecName;
import org.jspecify.annotations.Nullable;

/** One table as a Parquet file. */
final class TableFile {

  private TableFile() {}

  /** Writes rows to a new file, in the order in which they are given. */
  static final class Writer<R> implements AutoCloseable {
    private final CarpetWriter<R> writer;
    private long rows;

    Writer(Path directory, Table<R> table) throws IOException {
      WriteRecordModelType<R> model = FieldTypes.writeRecordModel(table.rowType());
      for (Column<R> column : table.columns()) {
        model.withField(column.name(), parquetType(column.type()), column.value());
      }
      writer =
          new CarpetWriter.Builder<>(
                  new FileSystemOutputFile(directory.resolve(table.fileName()).toFile()),
                  table.rowType())
              .withConf(new PlainParquetConfiguration())
              .withWriteRecordModel(model)
              .withDefaultTimeUnit(TimeUnit.MICROS)
              .withCompressionCodec(CompressionCodecName.ZSTD)
              .build();
    }

    void write(R row) throws IOException {
      writer.write(row);
      rows++;
    }

    long rows() {
      return rows;
    }

    @Override
    public void close() throws IOException {
      writer.close();
    }
  }

  /**
   * Reads the rows of a file, which must hold those of one instance together.
   *
   * <p>Whatever the Parquet library throws on a damaged file becomes {@link
   * RecordingException.Malformed} with the file's name.
   */
  static final class Reader<R> implements AutoCloseable {
    private final Path file;
    private final Table<R> table;
    private final CloseableIterator<Map<String, Object>> rows;
    private @Nullable R next;

    Reader(Path directory, Table<R> table) {
      this.file = directory.resolve(table.fileName());
      this.table = table;
      this.rows =
          guarded(() ->
              new CarpetReader<>(new FileSystemInputFile(file.toFile()), mapClass()).iterator());
      try {
        advance();
      } catch (RuntimeException e) {
        close();
        throw e;
      }
    }

    /** The next row, which stays the next; null at the end. */
    @Nullable R peek() {
      return next;
    }

    /** The next row if it belongs to the instance, which is then behind us; null if it does not. */
    @Nullable R takeOf(InstanceId instance) {
      R row = next;
      if (row == null || !instance.equals(table.instanceId().apply(row))) {
        return null;
      }
      advance();
      return row;
    }

    /** Leaves out the rows of instances with smaller ids. */
    void skipBefore(InstanceId instance) {
      while (next != null) {
        InstanceId owner = table.instanceId().apply(next);
        if (owner == null || owner.compareTo(instance) >= 0) {
          return;
        }
        advance();
      }
    }

    /** The rows that come next and belong to the instance. */
    List<R> listOf(InstanceId instance) {
      List<R> taken = new ArrayList<>();
      for (R row = takeOf(instance); row != null; row = takeOf(instance)) {
        taken.add(row);
      }
      return taken;
    }

    /**
     * Confirms that every row was taken.
     *
     * @throws RecordingException.Malformed when one is left
     */
    void requireEnd() {
      if (next != null) {
        throw new RecordingException.Malformed(
            file
                + " has rows of instance "
                + table.instanceId().apply(next)
                + " out of place: the rows of an instance stand together, in the order of "
                + Tables.INSTANCE.fileName()
                + ". Export the recording again");
      }
    }

    private void advance() {
      next =
          guarded(() ->
              rows.hasNext() ? table.reader().apply(new Row(file.toString(), rows.next())) : null);
    }

    private <T extends @Nullable Object> T guarded(Supplier<T> read) {
      try {
        return read.get();
      } catch (RecordingException e) {
        throw e;
      } catch (RuntimeException e) {
        throw new RecordingException.Malformed(file, e);
      }
    }

    @Override
    public void close() {
      try {
        rows.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** The library takes a row without a fixed schema as a map from column name to value. */
    @SuppressWarnings("unchecked")
    private static Class<Map<String, Object>> mapClass() {
      return (Class<Map<String, Object>>) (Class<?>) Map.class;
    }
  }

  private static FieldType parquetType(ColumnType type) {
    return switch (type) {
      case BOOLEAN -> FieldTypes.BOOLEAN;
      case INTEGER -> FieldTypes.INTEGER;
      case LONG -> FieldTypes.LONG;
      case DOUBLE -> FieldTypes.DOUBLE;
      case INSTANT -> FieldTypes.INSTANT;
      case UUID -> FieldTypes.UUID;
      case TEXT -> FieldTypes.STRING;
      case TEXT_MAP -> FieldTypes.MAP.ofTypes(FieldTypes.STRING, FieldTypes.STRING);
      case NUMBER_MAP -> FieldTypes.MAP.ofTypes(FieldTypes.STRING, FieldTypes.DOUBLE);
    };
  }
}
