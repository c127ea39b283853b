package dev.headroom.collector.capture;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where the fields of a tracepoint are on this kernel, from its {@code format} file in tracefs.
 *
 * @param id the tracepoint's number
 * @param offsets name to byte offset
 */
record TracepointFields(long id, Map<String, Integer> offsets) {

  private static final Pattern FIELD =
      Pattern.compile("\\s*field:.*?\\b(\\w+)(?:\\[\\d*\\])?;\\s*offset:(\\d+);\\s*size:(\\d+);.*");

  TracepointFields {
    offsets = Map.copyOf(offsets);
  }

  /**
   * Reads the fields of {@code event}, such as {@code oom/mark_victim}.
   *
   * @throws IOException when this kernel has no such tracepoint, or it may not be read
   */
  static TracepointFields read(Path tracefs, String event) throws IOException {
    Path folder = tracefs.resolve("events").resolve(event);
    long id = Long.parseLong(Files.readString(folder.resolve("id")).strip());
    return parse(id, Files.readString(folder.resolve("format")));
  }

  static TracepointFields parse(long id, String format) {
    Map<String, Integer> offsets = new HashMap<>();
    for (String line : format.split("\n", -1)) {
      Matcher matcher = FIELD.matcher(line);
      if (matcher.matches()) {
        offsets.put(matcher.group(1), Integer.parseInt(matcher.group(2)));
      }
    }
    return new TracepointFields(id, offsets);
  }

  /**
   * The offset of {@code field}; 0, which is inside every tracepoint's common header, when this
   * kernel has none.
   */
  int offsetOrZero(String field) {
    return offsets.getOrDefault(field, 0);
  }

  /**
   * The offset of {@code field}.
   *
   * @throws IOException when this kernel has none
   */
  int offset(String field) throws IOException {
    if (!offsets.containsKey(field)) {
      throw new IOException(
          "tracepoint %d has no field %s on this kernel, only %s"
              .formatted(id, field, offsets.keySet()));
    }
    return offsetOrZero(field);
  }
}
