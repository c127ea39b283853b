package dev.headroom.collector.ffm;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * A compiled BPF object, loaded into the kernel. What is pinned of it stays when it is closed; all
 * else goes.
 */
public final class BpfObject implements AutoCloseable {

  private final LibBpf library;
  private final String name;
  private final Arena arena;
  private final long object;

  private BpfObject(LibBpf library, String name, Arena arena, long object) {
    this.library = library;
    this.name = name;
    this.arena = arena;
    this.object = object;
  }

  /**
   * Loads the programs and maps of an ELF file's bytes.
   *
   * @param name for messages
   * @throws IOException when libbpf is missing or the kernel refuses a program; the message holds
   *     the kernel's reason
   */
  public static BpfObject load(String name, byte[] elf) throws IOException {
    LibBpf library = LibBpf.get();
    LibBpf.takeLog();
    Arena arena = Arena.ofShared();
    MemorySegment bytes = arena.allocate(elf.length, 8);
    MemorySegment.copy(elf, 0, bytes, ValueLayout.JAVA_BYTE, 0, elf.length);
    CallResult opened = library.objectOpenMem.call(bytes, bytes.byteSize(), MemorySegment.NULL);
    if (opened.value() == 0) {
      arena.close();
      throw withLog(opened.failure("opening the BPF object " + name));
    }
    BpfObject object = new BpfObject(library, name, arena, opened.value());
    CallResult loaded = library.objectLoad.call(object.object);
    if (loaded.failed()) {
      object.close();
      throw withLog(loaded.failure("loading the BPF object " + name));
    }
    return object;
  }

  /**
   * Pins the map {@code map} at {@code path}, in a BPF file system.
   *
   * @throws IOException when there is no such map or the kernel refuses
   */
  public void pinMap(String map, Path path) throws IOException {
    try (Arena call = Arena.ofConfined()) {
      int fd =
          (int)
              library
                  .objectFindMapFd
                  .call(object, call.allocateFrom(map))
                  .orThrow("finding map " + map);
      library
          .objPin
          .call(fd, call.allocateFrom(path.toString()))
          .orThrow("pinning map %s at %s".formatted(map, path));
    }
  }

  /**
   * Attaches the program {@code program} to what its section names and pins the link at {@code
   * path}: it runs until that file is deleted.
   *
   * @throws IOException when there is no such program or the kernel refuses
   */
  public void attachAndPin(String program, Path path) throws IOException {
    pin(library.programAttach.call(findProgram(program)), program, path);
  }

  /**
   * As {@link #attachAndPin(String, Path)}, to the tracepoint of that id.
   *
   * @throws IOException when there is no such program or the kernel refuses
   */
  public void attachToTracepointAndPin(String program, long tracepointId, Path path)
      throws IOException {
    int event =
        (int) LibC.openTracepoint(tracepointId).orThrow("opening tracepoint " + tracepointId);
    try {
      pin(library.programAttachPerfEvent.call(findProgram(program), event), program, path);
    } finally {
      LibC.close(event);
    }
  }

  private long findProgram(String program) throws IOException {
    try (Arena call = Arena.ofConfined()) {
      return library
          .objectFindProgram
          .call(object, call.allocateFrom(program))
          .addressOrThrow("finding program %s in %s".formatted(program, name));
    }
  }

  private void pin(CallResult attached, String program, Path path) throws IOException {
    if (attached.value() == 0) {
      throw withLog(attached.failure("attaching program " + program));
    }
    long link = attached.value();
    int fd = (int) library.linkFd.call(link).value();
    try (Arena call = Arena.ofConfined()) {
      CallResult pinned = library.linkPin.call(link, call.allocateFrom(path.toString()));
      // From here on only the pin holds the program, as it will be after a restart.
      library.linkDisconnect.call(link);
      library.linkDestroy.call(link);
      pinned.orThrow("pinning program %s at %s".formatted(program, path));
    } finally {
      LibC.close(fd);
    }
  }

  private static IOException withLog(IOException failure) {
    String log = LibBpf.takeLog();
    return log.isEmpty()
        ? failure
        : new IOException("%s [%s]".formatted(failure.getMessage(), log));
  }

  @Override
  public void close() {
    library.objectClose.call(object);
    arena.close();
  }
}
