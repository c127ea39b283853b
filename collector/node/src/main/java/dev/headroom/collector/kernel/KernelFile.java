package dev.headroom.collector.kernel;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Reads one text file of cgroupfs or procfs. A file that is not there is empty, one that does not
 * parse throws {@link MalformedFileException}, and one that may not be read throws what the
 * operating system said.
 */
public final class KernelFile {

  private KernelFile() {}

  /** The whole text; bytes that are no UTF-8 come out as replacement characters. */
  public static Optional<String> find(Path file) throws IOException {
    try {
      return Optional.of(new String(Files.readAllBytes(file), StandardCharsets.UTF_8));
    } catch (NoSuchFileException | NotDirectoryException missing) {
      return Optional.empty();
    } catch (IOException failed) {
      // A cgroup or process that is removed while its file is open answers ENODEV or ESRCH.
      if (!Files.exists(file)) {
        return Optional.empty();
      }
      throw failed;
    }
  }

  /** A file that holds one number. */
  public static OptionalLong findNumber(Path file) throws IOException {
    Optional<String> text = find(file);
    return text.isEmpty()
        ? OptionalLong.empty()
        : OptionalLong.of(number(file, text.get().strip()));
  }

  /**
   * A file of lines of a key and a number, which the kernel's documentation calls flat keyed; no
   * key when it is not there.
   */
  public static Map<String, Long> readFlatKeyed(Path file) throws IOException {
    Map<String, Long> values = new LinkedHashMap<>();
    for (String line : find(file).orElse("").lines().toList()) {
      int space = line.indexOf(' ');
      if (space <= 0) {
        throw new MalformedFileException(file, "a key and a number on each line", line);
      }
      values.put(line.substring(0, space), number(file, line.substring(space + 1).strip()));
    }
    return values;
  }

  private static long number(Path file, String text) throws MalformedFileException {
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException notANumber) {
      throw new MalformedFileException(file, "a number", text);
    }
  }
}
