package dev.headroom.collector.capture;

import dev.headroom.collector.ffm.BpfMap;
import dev.headroom.collector.ffm.BpfObject;
import dev.headroom.collector.ffm.LibC;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;

/**
 * The programs and maps of one capture, pinned in a folder of a BPF file system, where they run on
 * without us. The folder's name holds the layout's version, and it appears complete or not at all.
 */
final class BpfPins {

  private static final List<String> FIELD_NAMES =
      List.of(
          "pid",
          "comm",
          "total_vm",
          "anon_rss",
          "file_rss",
          "shmem_rss",
          "uid",
          "pgtables",
          "oom_score_adj");
  private static final int FIELD_SIGNAL = 9;
  private static final int FIELD_CODE = 10;
  private static final int FIELD_SIGNAL_PID = 11;
  private static final int PAGE_KIB = 12;

  private final OomSourceKind kind;
  private final Path folder;
  private final boolean reopened;
  private final KernelMount mount;
  private final CaptureLock lock;

  private BpfPins(
      OomSourceKind kind, Path folder, boolean reopened, KernelMount mount, CaptureLock lock) {
    this.kind = kind;
    this.folder = folder;
    this.reopened = reopened;
    this.mount = mount;
    this.lock = lock;
  }

  static BpfPins open(OomSourceKind kind, CaptureOptions options) throws IOException {
    Path runDirectory = options.runDirectory().resolve(options.name());
    CaptureLock lock = CaptureLock.acquire(runDirectory);
    try {
      KernelMount mount = KernelMount.of(KernelMount.Type.BPF, runDirectory);
      try {
        String prefix = "headroom-%s-".formatted(options.name());
        Path folder =
            mount.directory().resolve("%s%s-%d".formatted(prefix, kind.label(), OomRecord.LAYOUT));
        removeOthers(mount.directory(), prefix, folder);
        boolean found = Files.isDirectory(folder);
        if (!found) {
          create(kind, folder, runDirectory);
        }
        return new BpfPins(kind, folder, found, mount, lock);
      } catch (IOException | RuntimeException e) {
        mount.release();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  OomSourceKind kind() {
    return kind;
  }

  /** Whether it was running already, so that there may be a backlog. */
  boolean reopened() {
    return reopened;
  }

  Path path(String name) {
    return folder.resolve(name);
  }

  /** Ends the recording and removes everything, unless it shall be kept. */
  void close(boolean keep) throws IOException {
    try (lock) {
      if (!keep) {
        remove(folder);
        mount.release();
      }
    }
  }

  private static void create(OomSourceKind kind, Path folder, Path runDirectory)
      throws IOException {
    Path draft = folder.resolveSibling(folder.getFileName() + "-draft");
    Files.createDirectory(draft);
    try {
      if (kind == OomSourceKind.TP_BTF) {
        createTyped(draft);
      } else {
        createPlain(draft, runDirectory);
      }
      Files.move(draft, folder, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException | RuntimeException e) {
      remove(draft);
      throw e;
    }
  }

  private static void createTyped(Path folder) throws IOException {
    try (BpfObject object = BpfObject.load("oom_btf", compiled("oom_btf.bpf.o"))) {
      for (String map : List.of("records", "counters", "postmasters")) {
        object.pinMap(map, folder.resolve(map));
      }
      for (String program : List.of("on_signal_deliver", "on_signal_generate", "on_mark_victim")) {
        object.attachAndPin(program, folder.resolve(program));
      }
    }
  }

  private static void createPlain(Path folder, Path runDirectory) throws IOException {
    KernelMount tracefs = KernelMount.of(KernelMount.Type.TRACEFS, runDirectory);
    try (BpfObject object = BpfObject.load("oom_tp", compiled("oom_tp.bpf.o"))) {
      TracepointFields mark = TracepointFields.read(tracefs.directory(), "oom/mark_victim");
      TracepointFields signal =
          TracepointFields.read(tracefs.directory(), "signal/signal_generate");
      for (String map : List.of("records", "counters", "fields")) {
        object.pinMap(map, folder.resolve(map));
      }
      writeFields(mark, signal, folder.resolve("fields"));
      object.attachToTracepointAndPin(
          "on_signal_generate", signal.id(), folder.resolve("on_signal_generate"));
      object.attachToTracepointAndPin(
          "on_mark_victim", mark.id(), folder.resolve("on_mark_victim"));
    } finally {
      tracefs.release();
    }
  }

  private static void writeFields(TracepointFields mark, TracepointFields signal, Path map)
      throws IOException {
    try (BpfMap fields = BpfMap.open(map)) {
      mark.offset("pid");
      for (int i = 0; i < FIELD_NAMES.size(); i++) {
        fields.put(i, mark.offsetOrZero(FIELD_NAMES.get(i)));
      }
      fields.put(FIELD_SIGNAL, signal.offset("sig"));
      fields.put(FIELD_CODE, signal.offset("code"));
      fields.put(FIELD_SIGNAL_PID, signal.offset("pid"));
      fields.put(PAGE_KIB, LibC.pageBytes() / 1024);
    }
  }

  private static byte[] compiled(String name) throws IOException {
    try (InputStream stream = BpfPins.class.getResourceAsStream(name)) {
      if (stream == null) {
        throw new IOException(
            name
                + " is not in this build: install clang and libbpf-dev (Debian: apt-get install clang llvm libbpf-dev)"
                + " and build again");
      }
      return stream.readAllBytes();
    }
  }

  /** Removes what an earlier start left unfinished, or pinned in another shape. */
  private static void removeOthers(Path bpffs, String prefix, Path keep) throws IOException {
    List<Path> others;
    try (Stream<Path> folders = Files.list(bpffs)) {
      others =
          folders
              .filter(folder ->
                  folder.getFileName().toString().startsWith(prefix) && !folder.equals(keep))
              .toList();
    }
    for (Path other : others) {
      remove(other);
    }
  }

  private static void remove(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> pinned = Files.list(folder)) {
      files = pinned.toList();
    }
    for (Path file : files) {
      Files.delete(file);
    }
    Files.delete(folder);
  }
}
