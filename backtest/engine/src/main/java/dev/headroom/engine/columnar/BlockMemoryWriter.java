package dev.headroom.engine.columnar;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.util.List;

/** Packs tables into the blocks of columns that {@link BlockFileWriter} writes, in memory. */
public final class BlockMemoryWriter implements BlockSink {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final BlockWriter writer;

  public BlockMemoryWriter(List<BlockTable> tables) {
    writer = new BlockWriter("memory", Channels.newChannel(bytes), tables);
  }

  @Override
  public void append(int table, long[] values, long present) {
    writer.append(table, values, present);
  }

  /** How many bytes the blocks have that are full. */
  public long packedBytes() {
    return bytes.size();
  }

  /** What was appended; call once. */
  public BlockFile finish() {
    writer.flush();
    return new BlockFile(MemorySegment.ofArray(bytes.toByteArray()), writer.written(), new byte[0]);
  }
}
