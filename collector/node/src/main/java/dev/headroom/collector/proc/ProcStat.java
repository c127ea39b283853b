package dev.headroom.collector.proc;

import dev.headroom.collector.kernel.MalformedFileException;
import java.nio.file.Path;

/**
 * {@code /proc/<pid>/stat}, as far as it is used.
 *
 * @param comm field 2, which may hold any character, closing parentheses and newlines included
 * @param state field 3, one letter; {@code Z} is a process that died and was not yet waited for
 * @param ppid field 4
 * @param utimeTicks field 14, clock ticks
 * @param stimeTicks field 15, clock ticks
 * @param startTimeTicks field 22, clock ticks since boot
 */
public record ProcStat(
    String comm, char state, int ppid, long utimeTicks, long stimeTicks, long startTimeTicks) {

  private static final int FIRST_FIELD_AFTER_COMM = 3;

  static ProcStat parse(Path file, String text) throws MalformedFileException {
    int open = text.indexOf('(');
    int close = text.lastIndexOf(')');
    String[] fields = close < 0 ? new String[0] : text.substring(close + 1).strip().split(" ");
    if (open < 0 || close < open || fields.length < 20 || fields[0].length() != 1) {
      throw new MalformedFileException(file, "'pid (comm) state …' with 22 or more fields", text);
    }
    try {
      return new ProcStat(
          text.substring(open + 1, close),
          fields[0].charAt(0),
          Integer.parseInt(field(fields, 4)),
          Long.parseLong(field(fields, 14)),
          Long.parseLong(field(fields, 15)),
          Long.parseLong(field(fields, 22)));
    } catch (NumberFormatException notANumber) {
      throw new MalformedFileException(file, "numbers in fields 4, 14, 15 and 22", text);
    }
  }

  private static String field(String[] fields, int number) {
    return fields[number - FIRST_FIELD_AFTER_COMM];
  }
}
