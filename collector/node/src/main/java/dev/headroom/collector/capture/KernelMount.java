package dev.headroom.collector.capture;

import dev.headroom.collector.ffm.LibC;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/**
 * A kernel file system that capturing needs: where the machine has it, or mounted for us alone.
 *
 * @param directory where it is mounted
 * @param own whether it was mounted by us, now or before a death; then {@link #release()} unmounts
 *     it
 */
record KernelMount(Path directory, boolean own) {

  /** The file systems that capturing needs, with the places where a machine has them. */
  enum Type {
    BPF,
    TRACEFS;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    private List<Path> places() {
      return switch (this) {
        case BPF -> List.of(Path.of("/sys/fs/bpf"));
        case TRACEFS ->
            List.of(Path.of("/sys/kernel/tracing"), Path.of("/sys/kernel/debug/tracing"));
      };
    }
  }

  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  /**
   * The file system of that type: the machine's, else our own under {@code runDirectory}.
   *
   * @throws IOException when it is not mounted and may not be
   */
  static KernelMount of(Type type, Path runDirectory) throws IOException {
    Path own = runDirectory.resolve(type.label());
    if (isMounted(type, own)) {
      return new KernelMount(own, true);
    }
    for (Path place : type.places()) {
      if (isMounted(type, place)) {
        return new KernelMount(place, false);
      }
    }
    Files.createDirectories(own);
    LibC.mount(type.label(), own);
    return new KernelMount(own, true);
  }

  /** Unmounts it when it is ours. */
  void release() throws IOException {
    if (own) {
      LibC.unmount(directory);
      Files.delete(directory);
    }
  }

  private static boolean isMounted(Type type, Path directory) throws IOException {
    for (String line : Files.readAllLines(MOUNTS)) {
      // id parent device root directory options... - type source options; spaces in the directory
      // are \040
      String[] fields = line.split(" ", -1);
      int dash = List.of(fields).indexOf("-");
      boolean whole = fields[3].equals("/");
      if (whole
          && fields[dash + 1].equals(type.label())
          && fields[4].replace("\\040", " ").equals(directory.toString())) {
        return true;
      }
    }
    return false;
  }
}
