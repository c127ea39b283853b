package dev.headroom.collector.proc;

import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.kernel.MalformedFileException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotLinkException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A mounted procfs. Every reader is empty when the process is gone, throws {@link
 * MalformedFileException} when a file does not parse, and an {@link IOException} when it may not be
 * read.
 */
public final class ProcFs {

  private static final String DELETED = " (deleted)";

  private final Path root;

  /**
   * @param root {@code /proc}, or a folder that looks like it
   */
  public ProcFs(Path root) {
    this.root = root;
  }

  public Path root() {
    return root;
  }

  /** The folder of a process, whether or not there is one. */
  public Path directory(int pid) {
    return root.resolve(Integer.toString(pid));
  }

  /** All processes, ascending. */
  public List<Integer> listPids() throws IOException {
    List<Integer> pids = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root, "[0-9]*")) {
      for (Path entry : entries) {
        pid(entry).ifPresent(pids::add);
      }
    }
    return pids.stream().sorted().toList();
  }

  public Optional<ProcStatus> findStatus(int pid) throws IOException {
    Path file = directory(pid).resolve("status");
    Optional<String> text = find(file);
    return text.isEmpty() ? Optional.empty() : Optional.of(ProcStatus.parse(file, text.get()));
  }

  public Optional<ProcStat> findStat(int pid) throws IOException {
    Path file = directory(pid).resolve("stat");
    Optional<String> text = find(file);
    return text.isEmpty() ? Optional.empty() : Optional.of(ProcStat.parse(file, text.get()));
  }

  public Optional<ProcCgroup> findCgroup(int pid) throws IOException {
    Path file = directory(pid).resolve("cgroup");
    Optional<String> text = find(file);
    return text.isEmpty() ? Optional.empty() : Optional.of(ProcCgroup.parse(file, text.get()));
  }

  /**
   * The command line with a space between arguments, which is where Postgres writes its process
   * titles; empty for a process that is gone, dead or of the kernel.
   */
  public Optional<String> findTitle(int pid) throws IOException {
    return find(directory(pid).resolve("cmdline"))
        .map(line -> line.replace('\0', ' ').strip())
        .filter(line -> !line.isEmpty());
  }

  /** {@code oom_score_adj}, -1000 to 1000. */
  public OptionalInt findOomScoreAdj(int pid) throws IOException {
    Path file = directory(pid).resolve("oom_score_adj");
    Optional<String> text = find(file);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    try {
      return OptionalInt.of(Integer.parseInt(text.get().strip()));
    } catch (NumberFormatException notANumber) {
      throw new MalformedFileException(file, "a number from -1000 to 1000", text.get());
    }
  }

  /**
   * The program's file name, also when the file was replaced meanwhile; empty for a process that is
   * gone, dead or of the kernel.
   */
  public Optional<String> findProgram(int pid) throws IOException {
    try {
      Path target = Files.readSymbolicLink(directory(pid).resolve("exe"));
      String name = String.valueOf(target.getFileName());
      return Optional.of(
          name.endsWith(DELETED) ? name.substring(0, name.length() - DELETED.length()) : name);
    } catch (NoSuchFileException | NotLinkException gone) {
      return Optional.empty();
    } catch (IOException failed) {
      if (isGone(pid)) {
        return Optional.empty();
      }
      throw failed;
    }
  }

  /**
   * The open files of a process whose links read {@code target}, as paths by which they can be
   * opened; none when the process is gone.
   */
  public List<Path> listDescriptors(int pid, String target) throws IOException {
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> descriptors =
        Files.newDirectoryStream(directory(pid).resolve("fd"))) {
      for (Path descriptor : descriptors) {
        if (hasTarget(descriptor, target)) {
          found.add(descriptor);
        }
      }
    } catch (NoSuchFileException gone) {
      return List.of();
    } catch (DirectoryIteratorException failed) {
      if (isGone(pid)) {
        return List.of();
      }
      throw failed.getCause();
    }
    return found.stream().sorted().toList();
  }

  private static boolean hasTarget(Path link, String target) throws IOException {
    try {
      return Files.readSymbolicLink(link).toString().equals(target);
    } catch (NoSuchFileException closed) {
      return false;
    }
  }

  /** Whether there is no such process, not even a dead one that is yet to be waited for. */
  public boolean isGone(int pid) {
    return !Files.exists(directory(pid));
  }

  private Optional<String> find(Path file) throws IOException {
    try {
      return KernelFile.find(file).filter(text -> !text.isEmpty());
    } catch (MalformedFileException malformed) {
      throw malformed;
    } catch (IOException failed) {
      // ESRCH: the process died between open and read; it may still be waiting for its parent.
      if ("No such process".equals(failed.getMessage())) {
        return Optional.empty();
      }
      throw failed;
    }
  }

  private static OptionalInt pid(Path entry) {
    try {
      return OptionalInt.of(Integer.parseInt(String.valueOf(entry.getFileName())));
    } catch (NumberFormatException notAPid) {
      return OptionalInt.empty();
    }
  }
}
