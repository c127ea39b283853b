package dev.headroom.collector.postgres;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * The memory of another process through {@code /proc/<pid>/mem}, read only. Every read is empty
 * where nothing is mapped or the process has ended.
 */
final class ProcessMemory implements Closeable {

  private final FileChannel memory;

  private ProcessMemory(FileChannel memory) {
    this.memory = memory;
  }

  /**
   * Opens the memory of a process; empty when the process has ended.
   *
   * @throws IOException when the kernel refuses, which it does without {@code CAP_SYS_PTRACE}
   */
  static Optional<ProcessMemory> open(Path processDirectory) throws IOException {
    Path file = processDirectory.resolve("mem");
    try {
      return Optional.of(new ProcessMemory(FileChannel.open(file, StandardOpenOption.READ)));
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    } catch (AccessDeniedException denied) {
      throw new IOException(
          file + " may not be read; run the collector as root or with CAP_SYS_PTRACE", denied);
    }
  }

  /** So many bytes at this address, little-endian. */
  Optional<ByteBuffer> find(long address, int bytes) {
    ByteBuffer buffer = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    return read(buffer, address) && buffer.position() == bytes
        ? Optional.of(buffer.flip())
        : Optional.empty();
  }

  /** The C string at this address, cut after so many bytes. */
  Optional<String> findText(long address, int maxBytes) {
    ByteBuffer buffer = ByteBuffer.allocate(maxBytes);
    if (!read(buffer, address)) {
      return Optional.empty();
    }
    int length = 0;
    while (length < buffer.position() && buffer.get(length) != 0) {
      length++;
    }
    return Optional.of(new String(buffer.array(), 0, length, StandardCharsets.UTF_8));
  }

  /** Fewer bytes than asked for are read where the mapping ends. */
  private boolean read(ByteBuffer buffer, long address) {
    try {
      return address > 0 && memory.read(buffer, address) > 0;
    } catch (IOException notMapped) {
      return false;
    }
  }

  @Override
  public void close() throws IOException {
    memory.close();
  }
}
