package dev.headroom.collector.ffm;

import static dev.headroom.collector.ffm.NativeFunction.INT;
import static dev.headroom.collector.ffm.NativeFunction.LONG;
import static dev.headroom.collector.ffm.NativeFunction.POINTER;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * libbpf 1.x, linked once. libbpf writes what it does to a log, which is kept here, as it is the
 * only place where the kernel's reasons for refusing a program stand.
 */
@SuppressWarnings("restricted") // the package exists to call C
final class LibBpf {

  private static final String LIBRARY_NAME = "libbpf.so.1";
  private static final int LOG_LINES = 12;
  private static final int LOG_LINE_BYTES = 1 << 16;
  private static final int LOG_LINE_KEPT = 600;
  private static final int LEVEL_DEBUG = 2;

  final NativeFunction objectOpenMem;
  final NativeFunction objectLoad;
  final NativeFunction objectClose;
  final NativeFunction objectFindMapFd;
  final NativeFunction objectFindProgram;
  final NativeFunction programAttach;
  final NativeFunction programAttachPerfEvent;
  final NativeFunction linkFd;
  final NativeFunction linkPin;
  final NativeFunction linkDisconnect;
  final NativeFunction linkDestroy;
  final NativeFunction objPin;
  final NativeFunction objGet;
  final NativeFunction mapLookup;
  final NativeFunction mapUpdate;

  private static final class Holder {
    private static final LibBpf INSTANCE = new LibBpf();
  }

  private static final Deque<String> LOG = new ArrayDeque<>();
  private static final MethodHandle VSNPRINTF =
      Linker.nativeLinker()
          .downcallHandle(
              Linker.nativeLinker().defaultLookup().findOrThrow("vsnprintf"),
              FunctionDescriptor.of(INT, POINTER, LONG, POINTER, POINTER));

  private LibBpf() {
    SymbolLookup library = SymbolLookup.libraryLookup(LIBRARY_NAME, Arena.global());
    objectOpenMem =
        NativeFunction.of(library, "bpf_object__open_mem", LONG, POINTER, LONG, POINTER);
    objectLoad = NativeFunction.of(library, "bpf_object__load", INT, LONG);
    objectClose = NativeFunction.ofVoid(library, "bpf_object__close", LONG);
    objectFindMapFd =
        NativeFunction.of(library, "bpf_object__find_map_fd_by_name", INT, LONG, POINTER);
    objectFindProgram =
        NativeFunction.of(library, "bpf_object__find_program_by_name", LONG, LONG, POINTER);
    programAttach = NativeFunction.of(library, "bpf_program__attach", LONG, LONG);
    programAttachPerfEvent =
        NativeFunction.of(library, "bpf_program__attach_perf_event", LONG, LONG, INT);
    linkFd = NativeFunction.of(library, "bpf_link__fd", INT, LONG);
    linkPin = NativeFunction.of(library, "bpf_link__pin", INT, LONG, POINTER);
    linkDisconnect = NativeFunction.ofVoid(library, "bpf_link__disconnect", LONG);
    linkDestroy = NativeFunction.of(library, "bpf_link__destroy", INT, LONG);
    objPin = NativeFunction.of(library, "bpf_obj_pin", INT, INT, POINTER);
    objGet = NativeFunction.of(library, "bpf_obj_get", INT, POINTER);
    mapLookup = NativeFunction.of(library, "bpf_map_lookup_elem", INT, INT, POINTER, POINTER);
    mapUpdate = NativeFunction.of(library, "bpf_map_update_elem", INT, INT, POINTER, POINTER, LONG);
    NativeFunction.of(library, "libbpf_set_print", LONG, POINTER).call(logFunction());
  }

  /**
   * The library.
   *
   * @throws IOException when this machine has none
   */
  static LibBpf get() throws IOException {
    try {
      return Holder.INSTANCE;
    } catch (ExceptionInInitializerError | NoClassDefFoundError e) {
      throw new IOException(
          LIBRARY_NAME + " cannot be loaded: install libbpf 1.x (Debian: apt-get install libbpf1)",
          e);
    }
  }

  /** The end of what libbpf said since the last call, lines joined by {@code "; "}. */
  static String takeLog() {
    synchronized (LOG) {
      String text = String.join("; ", LOG);
      LOG.clear();
      return text;
    }
  }

  private static MemorySegment logFunction() {
    try {
      MethodHandle log =
          MethodHandles.lookup()
              .findStatic(
                  LibBpf.class,
                  "log",
                  MethodType.methodType(
                      int.class, int.class, MemorySegment.class, MemorySegment.class));
      return Linker.nativeLinker()
          .upcallStub(log, FunctionDescriptor.of(INT, INT, POINTER, POINTER), Arena.global());
    } catch (ReflectiveOperationException e) {
      throw new LinkageError("the log function is in this very class", e);
    }
  }

  /**
   * Called by libbpf; throwing into C would end the process, so nothing leaves here. A va_list is
   * passed on as a pointer.
   */
  @SuppressWarnings("UnusedMethod") // by logFunction
  private static int log(int level, MemorySegment format, MemorySegment arguments) {
    if (level >= LEVEL_DEBUG) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment line = arena.allocate(LOG_LINE_BYTES);
      int written = (int) VSNPRINTF.invokeExact(line, line.byteSize(), format, arguments);
      // The verifier's report comes as one long message; its end says why.
      String all = written < 0 ? "" : line.getString(0).strip();
      String text = all.substring(Math.max(0, all.length() - LOG_LINE_KEPT));
      synchronized (LOG) {
        LOG.addLast(text);
        if (LOG.size() > LOG_LINES) {
          LOG.removeFirst();
        }
      }
    } catch (Throwable e) {
      return 0;
    }
    return 0;
  }
}
