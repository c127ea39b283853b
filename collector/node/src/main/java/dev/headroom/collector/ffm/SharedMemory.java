package dev.headroom.collector.ffm;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A sealed memory file of another process, mapped for reading and writing. Offsets are in bytes
 * from its start; numbers are little-endian, as the machine's own on x86-64 and arm64.
 *
 * <p>A file that could shrink is refused: to touch a page that it no longer has would kill this
 * process. After {@link #close} every access throws an {@link IllegalStateException}, from any
 * thread.
 */
public final class SharedMemory implements AutoCloseable {

  private static final long F_SEAL_SHRINK = 2;

  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();
  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();

  private final Arena arena;
  private final MemorySegment memory;

  private SharedMemory(Arena arena, MemorySegment memory) {
    this.arena = arena;
    this.memory = memory;
  }

  /**
   * Maps the whole of {@code file}.
   *
   * @param maxBytes the largest that can be meant
   * @throws IOException when it cannot be opened or mapped, may shrink, or is empty or too large
   */
  public static SharedMemory map(Path file, long maxBytes) throws IOException {
    int fd = (int) LibC.openReadWrite(file).orThrow("opening " + file);
    try {
      CallResult seals = LibC.seals(fd);
      if (seals.failed() || (seals.value() & F_SEAL_SHRINK) == 0) {
        throw new IOException(
            "%s is not sealed against shrinking, so it is not safe to map".formatted(file));
      }
      long bytes = LibC.seekEnd(fd).orThrow("asking the size of " + file);
      if (bytes == 0 || bytes > maxBytes) {
        throw new IOException(
            "%s has %,d bytes; between 1 and %,d can be mapped".formatted(file, bytes, maxBytes));
      }
      Arena arena = Arena.ofShared();
      return new SharedMemory(arena, LibC.map(fd, bytes, arena, file.toString()));
    } finally {
      LibC.close(fd);
    }
  }

  public long byteSize() {
    return memory.byteSize();
  }

  public int getInt(long offset) {
    return (int) INT.getAcquire(memory, offset);
  }

  /** Reads at once and not before anything that was read earlier. */
  public long getLong(long offset) {
    return (long) LONG.getAcquire(memory, offset);
  }

  /** Writes at once and not before anything that was written earlier. */
  public void setInt(long offset, int value) {
    INT.setRelease(memory, offset, value);
  }

  /** Writes at once and not before anything that was written earlier. */
  public void setLong(long offset, long value) {
    LONG.setRelease(memory, offset, value);
  }

  /** Replaces the value and tells the one before. */
  public long getAndSetLong(long offset, long value) {
    return (long) LONG.getAndSet(memory, offset, value);
  }

  /** Replaces the value if it is {@code expected}, and tells whether it was. */
  public boolean compareAndSetLong(long offset, long expected, long value) {
    return LONG.compareAndSet(memory, offset, expected, value);
  }

  /** The bytes up to the first NUL or {@code maxBytes}, as UTF-8. */
  public String getText(long offset, int maxBytes) {
    byte[] bytes = memory.asSlice(offset, maxBytes).toArray(ValueLayout.JAVA_BYTE);
    int length = 0;
    while (length < maxBytes && bytes[length] != 0) {
      length++;
    }
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  /** Nothing written after this is seen before what was written before it, and the reverse. */
  public static void fence() {
    VarHandle.fullFence();
  }

  @Override
  public void close() {
    arena.close();
  }
}
