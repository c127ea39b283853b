package dev.headroom.engine.columnar;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes tables as blocks of columns into one file, which appears under its name when it is whole.
 *
 * <p>The file, see {@link BlockFile} for reading: the magic number and version; blocks of any table
 * in any order; a footer that says where each block and column is, with a checksum for each, and
 * the caller's notes; the footer's checksum and length.
 */
public final class BlockFileWriter implements AutoCloseable {

  /** How the names of unfinished files end. */
  public static final String UNFINISHED = ".writing";

  /** Where a block is: its columns start at so many bytes after its own start. */
  static final class Block {
    final int table;
    final int rows;
    final long offset;
    final int bytes;
    final int crc;
    final int[] columns;

    Block(int table, int rows, long offset, int bytes, int crc, int[] columns) {
      this.table = table;
      this.rows = rows;
      this.offset = offset;
      this.bytes = bytes;
      this.crc = crc;
      this.columns = columns;
    }
  }

  private final class Pending {
    final int number;
    final BlockTable table;
    final long[][] values;
    final boolean[][] absent;
    int rows;
    long written;

    Pending(int number, BlockTable table) {
      this.number = number;
      this.table = table;
      values = new long[table.columns()][table.blockRows()];
      absent = new boolean[table.columns()][table.blockRows()];
    }

    void flush() {
      if (rows == 0) {
        return;
      }
      ByteBuffer bytes = buffer(table.columns() * PackedColumn.largestBytes(rows));
      int[] offsets = new int[table.columns()];
      for (int column = 0; column < offsets.length; column++) {
        offsets[column] = bytes.position();
        PackedColumn.write(values[column], absent[column], rows, bytes);
      }
      bytes.flip();
      CRC32C crc = new CRC32C();
      crc.update(bytes.duplicate());
      int length = bytes.remaining();
      blocks.add(new Block(number, rows, position, length, (int) crc.getValue(), offsets));
      append(bytes);
      written += rows;
      rows = 0;
    }
  }

  private final Path unfinished;
  private final FileChannel channel;
  private final List<Pending> tables = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();
  private ByteBuffer scratch = ByteBuffer.allocate(0);
  private long position;

  /** Starts a file in an existing folder, under a name that no finished file has. */
  public BlockFileWriter(Path folder, List<BlockTable> tables) throws IOException {
    unfinished = Files.createTempFile(folder, ".", UNFINISHED);
    channel = FileChannel.open(unfinished, StandardOpenOption.WRITE);
    for (BlockTable table : tables) {
      this.tables.add(new Pending(this.tables.size(), table));
    }
    append(
        ByteBuffer.allocate(BlockFile.HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(BlockFile.MAGIC)
            .putInt(BlockFile.VERSION)
            .flip());
  }

  /**
   * Appends a row to a table.
   *
   * @param present one bit for each column, set where there is a value
   */
  public void append(int table, long[] values, long present) {
    Pending pending = tables.get(table);
    int row = pending.rows++;
    for (int column = 0; column < pending.values.length; column++) {
      boolean absent = (present & (1L << column)) == 0;
      pending.absent[column][row] = absent;
      pending.values[column][row] = absent ? 0 : values[column];
    }
    if (pending.rows == pending.table.blockRows()) {
      pending.flush();
    }
  }

  /**
   * Completes the file and gives it its name.
   *
   * @param target in the same folder; what is there is replaced
   * @param notes anything the caller wants to find again
   */
  public void finish(Path target, byte[] notes) throws IOException {
    tables.forEach(Pending::flush);
    byte[] footer = footer(notes);
    CRC32C crc = new CRC32C();
    crc.update(footer);
    append(ByteBuffer.wrap(footer));
    append(
        ByteBuffer.allocate(BlockFile.TRAILER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt((int) crc.getValue())
            .putInt(footer.length)
            .putLong(BlockFile.MAGIC)
            .flip());
    channel.close();
    Files.move(
        unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private byte[] footer(byte[] notes) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(bytes);
    out.writeInt(tables.size());
    for (Pending pending : tables) {
      out.writeInt(pending.table.columns());
      out.writeInt(pending.table.blockRows());
      out.writeLong(pending.written);
    }
    out.writeInt(blocks.size());
    for (Block block : blocks) {
      out.writeInt(block.table);
      out.writeInt(block.rows);
      out.writeLong(block.offset);
      out.writeInt(block.bytes);
      out.writeInt(block.crc);
      for (int offset : block.columns) {
        out.writeInt(offset);
      }
    }
    out.writeInt(notes.length);
    out.write(notes);
    return bytes.toByteArray();
  }

  private ByteBuffer buffer(int bytes) {
    if (scratch.capacity() < bytes) {
      scratch = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }
    return scratch.clear();
  }

  private void append(ByteBuffer bytes) {
    try {
      while (bytes.hasRemaining()) {
        position += channel.write(bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + unfinished, e);
    }
  }

  /** Leaves nothing behind of a file that was not finished. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(unfinished);
  }
}
