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
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Calls into the C library for what the JDK has no method for. Numbers are Linux's, the same on
 * x86-64 and arm64.
 */
@SuppressWarnings("restricted") // the package exists to call C
public final class LibC {

  private static final SymbolLookup LIBRARY = Linker.nativeLinker().defaultLookup();

  private static final NativeFunction OPEN =
      NativeFunction.ofVariadic(LIBRARY, "open", 2, INT, POINTER, INT);
  private static final NativeFunction CLOSE = NativeFunction.of(LIBRARY, "close", INT, INT);
  private static final NativeFunction READ =
      NativeFunction.of(LIBRARY, "read", LONG, INT, POINTER, LONG);
  private static final NativeFunction LSEEK =
      NativeFunction.of(LIBRARY, "lseek", LONG, INT, LONG, INT);
  private static final NativeFunction FCNTL =
      NativeFunction.ofVariadic(LIBRARY, "fcntl", 2, INT, INT, INT);
  private static final NativeFunction POLL =
      NativeFunction.of(LIBRARY, "poll", INT, POINTER, LONG, INT);
  private static final NativeFunction MMAP =
      NativeFunction.of(LIBRARY, "mmap", LONG, LONG, LONG, INT, INT, INT, LONG);
  private static final NativeFunction MUNMAP =
      NativeFunction.of(LIBRARY, "munmap", INT, LONG, LONG);
  private static final NativeFunction MOUNT =
      NativeFunction.of(LIBRARY, "mount", INT, POINTER, POINTER, POINTER, LONG, POINTER);
  private static final NativeFunction UMOUNT =
      NativeFunction.of(LIBRARY, "umount2", INT, POINTER, INT);
  private static final NativeFunction CLOCK_GETTIME =
      NativeFunction.of(LIBRARY, "clock_gettime", INT, INT, POINTER);
  private static final NativeFunction GETPAGESIZE = NativeFunction.of(LIBRARY, "getpagesize", INT);
  private static final NativeFunction PERF_EVENT_OPEN =
      NativeFunction.ofVariadic(LIBRARY, "syscall", 1, LONG, LONG, POINTER, INT, INT, INT, LONG);
  private static final MethodHandle STRERROR =
      Linker.nativeLinker()
          .downcallHandle(LIBRARY.findOrThrow("strerror"), FunctionDescriptor.of(POINTER, INT));

  private static final int O_RDWR = 2;
  private static final int O_NONBLOCK = 0x800;
  private static final int O_CLOEXEC = 0x80000;
  private static final int SEEK_END = 2;
  private static final int F_GET_SEALS = 1034;
  private static final int PROT_READ = 1;
  private static final int PROT_WRITE = 2;
  private static final int MAP_SHARED = 1;
  private static final short POLLIN = 1;
  private static final long MS_NOSUID = 2;
  private static final long MS_NODEV = 4;
  private static final long MS_NOEXEC = 8;
  private static final long MS_PRIVATE = 1L << 18;
  private static final int CLOCK_MONOTONIC = 1;
  private static final int CLOCK_BOOTTIME = 7;
  private static final int PERF_TYPE_TRACEPOINT = 2;
  private static final int PERF_ATTR_BYTES = 64;
  private static final long PERF_FLAG_FD_CLOEXEC = 8;

  private LibC() {}

  /** Opens {@code path} for reading without ever waiting; the result is a file descriptor. */
  public static CallResult openNonBlocking(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      return OPEN.call(arena.allocateFrom(path.toString()), O_NONBLOCK | O_CLOEXEC);
    }
  }

  public static CallResult close(int fd) {
    return CLOSE.call(fd);
  }

  /** Reads at most {@code into.byteSize()} bytes. */
  public static CallResult read(int fd, MemorySegment into) {
    return READ.call(fd, into, into.byteSize());
  }

  /** Opens {@code path} for reading and writing; the result is a file descriptor. */
  static CallResult openReadWrite(Path path) {
    try (Arena arena = Arena.ofConfined()) {
      return OPEN.call(arena.allocateFrom(path.toString()), O_RDWR | O_CLOEXEC);
    }
  }

  /** The bytes of a file, by going to its end. */
  static CallResult seekEnd(int fd) {
    return LSEEK.call(fd, 0L, SEEK_END);
  }

  /** What may never be done to the file any more; fails where files of its kind have no seals. */
  static CallResult seals(int fd) {
    return FCNTL.call(fd, F_GET_SEALS);
  }

  /** Goes back to the first byte or record. */
  public static CallResult rewind(int fd) {
    return LSEEK.call(fd, 0L, 0);
  }

  /**
   * Waits until {@code fd} is readable; the value is 0 when the time ran out. An interrupt by a
   * signal counts as that.
   */
  public static CallResult pollReadable(int fd, Duration timeout) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment pollFd = arena.allocate(8, 4);
      pollFd.set(ValueLayout.JAVA_INT, 0, fd);
      pollFd.set(ValueLayout.JAVA_SHORT, 4, POLLIN);
      CallResult result =
          POLL.call(pollFd, 1L, Math.clamp(timeout.toMillis(), 0, Integer.MAX_VALUE));
      return result.failed() && result.errno() == CallResult.EINTR
          ? new CallResult("poll", 0, 0)
          : result;
    }
  }

  /**
   * Maps a file shared with the kernel.
   *
   * @throws IOException when the kernel refuses
   */
  static MemorySegment map(int fd, long offset, long bytes, boolean writable, String what)
      throws IOException {
    CallResult result =
        MMAP.call(0L, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, offset);
    return MemorySegment.ofAddress(result.orThrow("mapping " + what)).reinterpret(bytes);
  }

  /**
   * Maps the first {@code bytes} of a file for reading and writing, until {@code arena} is closed.
   *
   * @throws IOException when the kernel refuses
   */
  static MemorySegment map(int fd, long bytes, Arena arena, String what) throws IOException {
    long address =
        MMAP.call(0L, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0L).orThrow("mapping " + what);
    return MemorySegment.ofAddress(address)
        .reinterpret(bytes, arena, _ -> MUNMAP.call(address, bytes));
  }

  static CallResult unmap(MemorySegment mapped) {
    return MUNMAP.call(mapped.address(), mapped.byteSize());
  }

  /**
   * Mounts a kernel file system of {@code type} at {@code directory}, seen by this mount namespace
   * only.
   *
   * @throws IOException when the kernel refuses
   */
  public static void mount(String type, Path directory) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment at = arena.allocateFrom(directory.toString());
      MemorySegment kind = arena.allocateFrom(type);
      MOUNT
          .call(
              arena.allocateFrom("headroom"),
              at,
              kind,
              MS_NOSUID | MS_NODEV | MS_NOEXEC,
              MemorySegment.NULL)
          .orThrow("mounting %s at %s".formatted(type, directory));
      MOUNT
          .call(MemorySegment.NULL, at, MemorySegment.NULL, MS_PRIVATE, MemorySegment.NULL)
          .orThrow("making the mount at %s private".formatted(directory));
    }
  }

  /**
   * Unmounts what is mounted at {@code directory}.
   *
   * @throws IOException when the kernel refuses, such as when a file there is open
   */
  public static void unmount(Path directory) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      UMOUNT.call(arena.allocateFrom(directory.toString()), 0).orThrow("unmounting " + directory);
    }
  }

  /** Time since the boot, suspended time included: the clock of events. */
  public static long boottimeNs() {
    return clockNs(CLOCK_BOOTTIME);
  }

  /** Time since the boot without suspended time, by which the kernel log is stamped. */
  public static long monotonicNs() {
    return clockNs(CLOCK_MONOTONIC);
  }

  private static long clockNs(int clock) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment time = arena.allocate(16, 8);
      CallResult result = CLOCK_GETTIME.call(clock, time);
      if (result.failed()) {
        throw new IllegalStateException("clock %d: %s".formatted(clock, describe(result.errno())));
      }
      return time.get(ValueLayout.JAVA_LONG, 0) * 1_000_000_000L
          + time.get(ValueLayout.JAVA_LONG, 8);
    }
  }

  /** Bytes of a page of memory. */
  public static long pageBytes() {
    return GETPAGESIZE.call().value();
  }

  /**
   * Opens the tracepoint {@code id} for all processes; the result is a file descriptor for BPF to
   * attach to.
   */
  public static CallResult openTracepoint(long id) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment attributes = arena.allocate(PERF_ATTR_BYTES, 8);
      attributes.set(ValueLayout.JAVA_INT, 0, PERF_TYPE_TRACEPOINT);
      attributes.set(ValueLayout.JAVA_INT, 4, PERF_ATTR_BYTES);
      attributes.set(ValueLayout.JAVA_LONG, 8, id);
      CallResult result =
          PERF_EVENT_OPEN.call(perfEventOpenNumber(), attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
      return new CallResult("perf_event_open", result.value(), result.errno());
    }
  }

  private static long perfEventOpenNumber() {
    String architecture = System.getProperty("os.arch");
    return switch (architecture) {
      case "amd64" -> 298;
      case "aarch64" -> 241;
      default ->
          throw new UnsupportedOperationException(
              "perf_event_open has no known number on %s; use the tracefs source"
                  .formatted(architecture));
    };
  }

  /** An errno in words, with the privilege that is missing where it is one. */
  static String describe(int errno) {
    String text;
    try {
      text = ((MemorySegment) STRERROR.invokeExact(errno)).reinterpret(256).getString(0);
    } catch (Throwable e) {
      text = "unknown error";
    }
    boolean refused = errno == CallResult.EPERM || errno == CallResult.EACCES;
    return refused
        ? text
            + " (run as root or with CAP_BPF, CAP_PERFMON, CAP_SYS_RESOURCE, CAP_SYS_ADMIN and CAP_SYSLOG)"
        : "%s (errno %d)".formatted(text, errno);
  }
}
