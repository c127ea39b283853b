package dev.headroom.collector.cgroup;

import dev.headroom.collector.kernel.KernelFile;
import dev.headroom.collector.kernel.MalformedFileException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code memory.pressure}: how long tasks stalled on memory since the cgroup was made.
 *
 * @param someTotalUs at least one task, microseconds
 * @param fullTotalUs every task, microseconds
 */
public record MemoryPressure(OptionalLong someTotalUs, OptionalLong fullTotalUs) {

  private static final Pattern LINE = Pattern.compile("(some|full) .*\\btotal=(\\d{1,18})");

  /** Reads the file; empty when the kernel keeps no pressure for the cgroup. */
  public static Optional<MemoryPressure> find(Path file) throws IOException {
    Optional<String> text = KernelFile.find(file);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    OptionalLong some = OptionalLong.empty();
    OptionalLong full = OptionalLong.empty();
    for (String line : text.get().lines().toList()) {
      Matcher matcher = LINE.matcher(line);
      if (!matcher.matches()) {
        throw new MalformedFileException(file, "'some … total=N' or 'full … total=N'", line);
      }
      OptionalLong total = OptionalLong.of(Long.parseLong(matcher.group(2)));
      if (matcher.group(1).equals("some")) {
        some = total;
      } else {
        full = total;
      }
    }
    return Optional.of(new MemoryPressure(some, full));
  }
}
