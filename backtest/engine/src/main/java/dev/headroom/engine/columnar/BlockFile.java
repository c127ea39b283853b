package dev.headroom.engine.columnar;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * A file of column blocks, mapped to memory: what the operating system has read once is not read
 * again, and none of it is on the heap. {@link BlockMemoryWriter} makes the same of rows that need
 * no file. Safe for use by several threads.
 */
public final class BlockFile {

  /** {@code HRBLOCKS}, little-endian. */
  static final long MAGIC = 0x534b_434f_4c42_5248L;

  /** Changes with the layout, or with what any of its users puts into it. */
  static final int VERSION = 1;

  static final int HEADER_BYTES = Long.BYTES + Integer.BYTES;
  static final int TRAILER_BYTES = Integer.BYTES + Integer.BYTES + Long.BYTES;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** A file is not what its writer wrote, or another version wrote it. */
  public static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;

    DamagedException(Path file, String problem) {
      super(file + " " + problem);
    }
  }

  /** One table and where its blocks are. */
  record Table(BlockTable layout, long rows, List<BlockWriter.Block> blocks) {}

  private final MemorySegment bytes;
  private final List<Table> tables;
  private final byte[] notes;

  BlockFile(MemorySegment bytes, List<Table> tables, byte[] notes) {
    this.bytes = bytes;
    this.tables = tables;
    this.notes = notes;
  }

  private static BlockFile of(Path file, MemorySegment bytes) throws IOException {
    List<Table> tables = new ArrayList<>();
    byte[] footer = footer(file, bytes);
    DataInputStream in = new DataInputStream(new ByteArrayInputStream(footer));
    int tableCount = in.readInt();
    for (int i = 0; i < tableCount; i++) {
      BlockTable layout = new BlockTable(in.readInt(), in.readInt());
      tables.add(new Table(layout, in.readLong(), new ArrayList<>()));
    }
    int blockCount = in.readInt();
    for (int i = 0; i < blockCount; i++) {
      int table = in.readInt();
      int rows = in.readInt();
      long offset = in.readLong();
      int length = in.readInt();
      int crc = in.readInt();
      int[] columns = new int[tables.get(table).layout().columns()];
      for (int column = 0; column < columns.length; column++) {
        columns[column] = in.readInt();
      }
      tables
          .get(table)
          .blocks()
          .add(new BlockWriter.Block(table, rows, offset, length, crc, columns));
    }
    return new BlockFile(bytes, tables, in.readNBytes(in.readInt()));
  }

  /**
   * Maps a file and checks all of it.
   *
   * @throws DamagedException when it is not whole, not as it was written, or of another version
   */
  public static BlockFile open(Path path) throws IOException {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      long size = channel.size();
      if (size < HEADER_BYTES + TRAILER_BYTES) {
        throw new DamagedException(path, "is cut short: it has " + size + " bytes");
      }
      MemorySegment bytes = channel.map(FileChannel.MapMode.READ_ONLY, 0, size, Arena.ofAuto());
      if (bytes.get(LONG, 0) != MAGIC) {
        throw new DamagedException(path, "is no file of column blocks");
      }
      int version = bytes.get(INT, Long.BYTES);
      if (version != VERSION) {
        throw new DamagedException(
            path, "has version " + version + " where this program writes " + VERSION);
      }
      BlockFile file = of(path, bytes);
      file.check(path);
      return file;
    }
  }

  private static byte[] footer(Path file, MemorySegment bytes) throws DamagedException {
    long trailer = bytes.byteSize() - TRAILER_BYTES;
    int length = bytes.get(INT, trailer + Integer.BYTES);
    if (bytes.get(LONG, trailer + 2 * Integer.BYTES) != MAGIC
        || length < 0
        || length > trailer - HEADER_BYTES) {
      throw new DamagedException(file, "is cut short: it has no end");
    }
    byte[] footer = bytes.asSlice(trailer - length, length).toArray(ValueLayout.JAVA_BYTE);
    CRC32C crc = new CRC32C();
    crc.update(footer);
    if ((int) crc.getValue() != bytes.get(INT, trailer)) {
      throw new DamagedException(file, "is damaged: its index has another checksum");
    }
    return footer;
  }

  private void check(Path file) throws DamagedException {
    CRC32C crc = new CRC32C();
    for (Table table : tables) {
      for (BlockWriter.Block block : table.blocks()) {
        crc.reset();
        crc.update(bytes.asSlice(block.offset, block.bytes).asByteBuffer());
        if ((int) crc.getValue() != block.crc) {
          throw new DamagedException(
              file, "is damaged: the block at byte " + block.offset + " has another checksum");
        }
      }
    }
  }

  /** How many bytes it takes. */
  public long byteSize() {
    return bytes.byteSize();
  }

  /** What the writer noted. */
  public byte[] notes() {
    return notes.clone();
  }

  /** How many rows a table has. */
  public long rows(int table) {
    return tables.get(table).rows();
  }

  /** How many rows one of its blocks has; 0 behind the last. */
  public int blockRows(int table, int block) {
    List<BlockWriter.Block> blocks = tables.get(table).blocks();
    return block < blocks.size() ? blocks.get(block).rows : 0;
  }

  /**
   * Reads some rows of a column of a block.
   *
   * @param from the first row
   * @param to the row behind the last
   * @param values receives them, the first at 0; absent ones become {@code absentValue}
   */
  public void read(
      int table, int block, int column, int from, int to, long[] values, long absentValue) {
    column(table, block, column).read(from, to, values, absentValue);
  }

  /** Whether a row has no value in a column. */
  public boolean isAbsent(int table, long row, int column) {
    int blockRows = tables.get(table).layout().blockRows();
    return column(table, (int) (row / blockRows), column).isAbsent((int) (row % blockRows));
  }

  /** The value of a row that has one in a column. */
  public long get(int table, long row, int column) {
    int blockRows = tables.get(table).layout().blockRows();
    return column(table, (int) (row / blockRows), column).get((int) (row % blockRows));
  }

  private PackedColumn column(int table, int block, int column) {
    BlockWriter.Block found = tables.get(table).blocks().get(block);
    return new PackedColumn(bytes, found.offset + found.columns[column], found.rows);
  }
}
