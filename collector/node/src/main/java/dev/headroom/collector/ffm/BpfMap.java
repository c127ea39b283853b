package dev.headroom.collector.ffm;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/** A pinned BPF map with 4-byte keys. */
public final class BpfMap implements AutoCloseable {

  private static final long ANY = 0;

  private final Path path;
  private final int fd;

  private BpfMap(Path path, int fd) {
    this.path = path;
    this.fd = fd;
  }

  /**
   * The map pinned at {@code path}.
   *
   * @throws IOException when nothing is pinned there or libbpf is missing
   */
  public static BpfMap open(Path path) throws IOException {
    try (Arena call = Arena.ofConfined()) {
      return new BpfMap(
          path,
          (int)
              LibBpf.get()
                  .objGet
                  .call(call.allocateFrom(path.toString()))
                  .orThrow("opening " + path));
    }
  }

  int fd() {
    return fd;
  }

  /**
   * The 8-byte value of {@code key}.
   *
   * @throws IOException when the map has no such key
   */
  public long getLong(int key) throws IOException {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment value = call.allocate(8, 8);
      LibBpf.get()
          .mapLookup
          .call(fd, call.allocateFrom(ValueLayout.JAVA_INT, key), value)
          .orThrow("reading key %d of %s".formatted(key, path));
      return value.get(ValueLayout.JAVA_LONG, 0);
    }
  }

  /**
   * Sets the value of {@code key} to these 8-byte words.
   *
   * @throws IOException when the kernel refuses
   */
  public void put(int key, long... words) throws IOException {
    try (Arena call = Arena.ofConfined()) {
      LibBpf.get()
          .mapUpdate
          .call(
              fd,
              call.allocateFrom(ValueLayout.JAVA_INT, key),
              call.allocateFrom(ValueLayout.JAVA_LONG, words),
              ANY)
          .orThrow("writing key %d of %s".formatted(key, path));
    }
  }

  @Override
  public void close() {
    LibC.close(fd);
  }
}
