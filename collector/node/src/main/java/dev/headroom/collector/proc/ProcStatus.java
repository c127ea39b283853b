package dev.headroom.collector.proc;

import dev.headroom.collector.kernel.MalformedFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * {@code /proc/<pid>/status}, as far as it is used; names and units are the file's own, as in
 * proc_pid_status(5). A process that is exiting has no memory lines.
 *
 * @param name {@code Name}, with the kernel's escapes of newline and backslash undone
 * @param ppid {@code PPid}
 * @param nsPid {@code NSpid}: the pid in each namespace, outermost first
 * @param rssAnonKb {@code RssAnon}, kB of 1024 bytes, as all that follow
 */
public record ProcStatus(
    String name,
    int ppid,
    List<Integer> nsPid,
    @Nullable Long rssAnonKb,
    @Nullable Long rssFileKb,
    @Nullable Long rssShmemKb,
    @Nullable Long vmPteKb,
    @Nullable Long vmSwapKb) {

  static ProcStatus parse(Path file, String text) throws MalformedFileException {
    Map<String, String> values = new HashMap<>();
    // Of all line ends only the newline is escaped within the name, so that no name forges a line.
    for (String line : text.split("\n", -1)) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        values.putIfAbsent(line.substring(0, colon), line.substring(colon + 1).strip());
      }
    }
    @Nullable String name = values.get("Name");
    @Nullable String ppid = values.get("PPid");
    if (name == null || ppid == null) {
      throw new MalformedFileException(file, "the lines Name and PPid", text);
    }
    try {
      return new ProcStatus(
          name.replace("\\n", "\n").replace("\\\\", "\\"),
          Integer.parseInt(ppid),
          Arrays.stream(values.getOrDefault("NSpid", "").split("\\s+"))
              .filter(pid -> !pid.isEmpty())
              .map(Integer::valueOf)
              .toList(),
          kb(values, "RssAnon"),
          kb(values, "RssFile"),
          kb(values, "RssShmem"),
          kb(values, "VmPTE"),
          kb(values, "VmSwap"));
    } catch (NumberFormatException notANumber) {
      throw new MalformedFileException(file, "numbers in PPid, NSpid, Rss* and Vm*", text);
    }
  }

  private static @Nullable Long kb(Map<String, String> values, String key) {
    @Nullable String value = values.get(key);
    return value == null ? null : Long.valueOf(value.replace(" kB", ""));
  }

  /** The pid inside the process's own namespace; absent when the kernel does not say. */
  public @Nullable Integer namespacePid() {
    return nsPid.isEmpty() ? null : nsPid.getLast();
  }
}
