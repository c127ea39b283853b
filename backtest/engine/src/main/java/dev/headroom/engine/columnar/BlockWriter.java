package dev.headroom.engine.columnar;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32C;

/** Packs rows into blocks of columns and writes each block where it belongs when it is full. */
final class BlockWriter {

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

  private final String destination;
  private final WritableByteChannel channel;
  private final List<Pending> tables = new ArrayList<>();
  private final List<Block> blocks = new ArrayList<>();
  private ByteBuffer scratch = ByteBuffer.allocate(0);
  private long position;

  /**
   * Starts to write.
   *
   * @param destination what the channel leads to, for messages
   */
  BlockWriter(String destination, WritableByteChannel channel, List<BlockTable> tables) {
    this.destination = destination;
    this.channel = channel;
    for (BlockTable table : tables) {
      this.tables.add(new Pending(this.tables.size(), table));
    }
  }

  void writeHeader() {
    append(
        ByteBuffer.allocate(BlockFile.HEADER_BYTES)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(BlockFile.MAGIC)
            .putInt(BlockFile.VERSION)
            .flip());
  }

  void append(int table, long[] values, long present) {
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

  /** Writes the rows that fill no whole block. */
  void flush() {
    tables.forEach(Pending::flush);
  }

  /** What was written, table by table; everything is flushed. */
  List<BlockFile.Table> written() {
    List<BlockFile.Table> written = new ArrayList<>();
    for (Pending pending : tables) {
      written.add(
          new BlockFile.Table(
              pending.table,
              pending.written,
              blocks.stream().filter(block -> block.table == pending.number).toList()));
    }
    return written;
  }

  void writeFooter(byte[] notes) throws IOException {
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
      throw new UncheckedIOException("cannot write " + destination, e);
    }
  }
}
