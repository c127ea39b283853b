package dev.headroom.collector.postgres;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
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
   * @throws IOException when the process is gone or the kernel refuses, which it does without
   *     {@code CAP_SYS_PTRACE}
   */
  static ProcessMemory open(Path processDirectory) throws IOException {
    return new ProcessMemory(
        FileChannel.open(processDirectory.resolve("mem"), StandardOpenOption.READ));
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
