package dev.headroom.collector.ffm;

import static dev.headroom.collector.ffm.NativeFunction.INT;
import static dev.headroom.collector.ffm.NativeFunction.LONG;
import static dev.headroom.collector.ffm.NativeFunction.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;

/** A memory file of this process, as a guard makes one: open under {@code /proc/self/fd}. */
public final class MemoryFile implements AutoCloseable {

  private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();
  private static final NativeFunction MEMFD_CREATE =
      NativeFunction.of(LIBRARY, "memfd_create", INT, POINTER, INT);
  private static final NativeFunction FTRUNCATE =
      NativeFunction.of(LIBRARY, "ftruncate", INT, INT, LONG);
  private static final NativeFunction FCNTL =
      NativeFunction.ofVariadic(LIBRARY, "fcntl", 2, INT, INT, INT, INT);

  private static final int MFD_ALLOW_SEALING = 2;
  private static final int F_ADD_SEALS = 1033;
  private static final int F_SEAL_SHRINK = 2;

  private final int fd;

  private MemoryFile(int fd) {
    this.fd = fd;
  }

  /** A file of zeros whose link reads {@code /memfd:<name> (deleted)}. */
  public static MemoryFile create(String name, long bytes, boolean sealed) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      int fd =
          (int) MEMFD_CREATE.call(arena.allocateFrom(name), MFD_ALLOW_SEALING).orThrow("making it");
      FTRUNCATE.call(fd, bytes).orThrow("sizing it");
      if (sealed) {
        FCNTL.call(fd, F_ADD_SEALS, F_SEAL_SHRINK).orThrow("sealing it");
      }
      return new MemoryFile(fd);
    }
  }

  public Path path() {
    return Path.of("/proc/self/fd", Integer.toString(fd));
  }

  @Override
  public void close() {
    LibC.close(fd);
  }
}
