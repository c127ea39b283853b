package dev.headroom.engine.columnar;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;

/**
 * Writes tables as blocks of columns into one file, which appears under its name when it is whole.
 *
 * <p>The file, see {@link BlockFile} for reading: the magic number and version; blocks of any table
 * in any order; a footer that says where each block and column is, with a checksum for each, and
 * the caller's notes; the footer's checksum and length.
 */
public final class BlockFileWriter implements BlockSink, AutoCloseable {

  /** How the names of unfinished files end. */
  public static final String UNFINISHED = ".writing";

  private final Path unfinished;
  private final FileChannel channel;
  private final BlockWriter writer;

  /** Starts a file in an existing folder, under a name that no finished file has. */
  public BlockFileWriter(Path folder, List<BlockTable> tables) throws IOException {
    unfinished = Files.createTempFile(folder, ".", UNFINISHED);
    channel = FileChannel.open(unfinished, StandardOpenOption.WRITE);
    writer = new BlockWriter(unfinished.toString(), channel, tables);
    writer.writeHeader();
  }

  @Override
  public void append(int table, long[] values, long present) {
    writer.append(table, values, present);
  }

  /**
   * Completes the file and gives it its name.
   *
   * @param target in the same folder; what is there is replaced
   * @param notes anything the caller wants to find again
   */
  public void finish(Path target, byte[] notes) throws IOException {
    writer.flush();
    writer.writeFooter(notes);
    channel.close();
    Files.move(
        unfinished, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Leaves nothing behind of a file that was not finished. */
  @Override
  public void close() throws IOException {
    channel.close();
    Files.deleteIfExists(unfinished);
  }
}
