package dev.headroom.collector.postgres;

import dev.headroom.collector.kernel.KernelFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Postgres's main shared memory segment: the largest shared mapping without a file of its own, be
 * it anonymous, of huge pages or of System V.
 */
final class SharedMemorySegment {

  private static final Pattern SHARED_MAPPING =
      Pattern.compile(
          "([0-9a-f]{1,16})-([0-9a-f]{1,16}) ...s .* (?:/dev/zero|/anon_hugepage|/SYSV[0-9a-f]+)"
              + "(?: \\(deleted\\))?");

  private SharedMemorySegment() {}

  /** Its size; empty when the process is gone or maps none. */
  static OptionalLong findBytes(Path processDirectory) throws IOException {
    Optional<String> maps = KernelFile.find(processDirectory.resolve("maps"));
    return maps.orElse("")
        .lines()
        .map(SHARED_MAPPING::matcher)
        .filter(Matcher::matches)
        .mapToLong(mapping ->
            Long.parseUnsignedLong(mapping.group(2), 16)
                - Long.parseUnsignedLong(mapping.group(1), 16))
        .max();
  }
}
