package dev.headroom.collector.proc;

import dev.headroom.collector.kernel.MalformedFileException;
import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * {@code /proc/<pid>/cgroup}: where a process is. Of a process that died, v1 says {@code /}, which
 * is wrong and not missing, so this is only worth reading of a living one.
 *
 * @param memory path in the v1 hierarchy with the memory controller
 * @param unified path in the v2 hierarchy
 */
public record ProcCgroup(@Nullable String memory, @Nullable String unified) {

  private static final String DELETED = " (deleted)";

  static ProcCgroup parse(Path file, String text) throws MalformedFileException {
    @Nullable String memory = null;
    @Nullable String unified = null;
    for (String line : text.strip().split("\n", -1)) {
      // hierarchy-id : controllers : path, and the path may hold colons
      String[] fields = line.split(":", 3);
      if (fields.length != 3 || !fields[2].startsWith("/")) {
        throw new MalformedFileException(file, "'id:controllers:/path' on each line", line);
      }
      String path =
          fields[2].endsWith(DELETED)
              ? fields[2].substring(0, fields[2].length() - DELETED.length())
              : fields[2];
      if (fields[0].equals("0") && fields[1].isEmpty()) {
        unified = path;
      } else if (Arrays.asList(fields[1].split(",")).contains("memory")) {
        memory = path;
      }
    }
    return new ProcCgroup(memory, unified);
  }
}
