package dev.headroom.collector.capture;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A record of {@code /dev/kmsg}: {@code priority,sequence,microseconds,flags[,more];text} and
 * continuation lines.
 *
 * @param sequence its number since the boot
 * @param stampUs microseconds since the boot by the CPU's clock
 * @param text the message, unescaped
 */
record KmsgRecord(long sequence, long stampUs, String text) {

  private static final Pattern RECORD =
      Pattern.compile("\\d+,(\\d+),(\\d+),[^;]*;([^\n]*)\n?.*", Pattern.DOTALL);

  /** The record in the bytes of one read; empty when they are not of that form. */
  static Optional<KmsgRecord> parse(byte[] bytes) {
    Matcher record = RECORD.matcher(new String(bytes, StandardCharsets.ISO_8859_1));
    return record.matches()
        ? Optional.of(
            new KmsgRecord(
                Long.parseLong(record.group(1)),
                Long.parseLong(record.group(2)),
                unescape(record.group(3))))
        : Optional.empty();
  }

  /** The kernel writes unprintable bytes and backslashes as {@code \x0a}. */
  private static String unescape(String text) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(text.length());
    for (int i = 0; i < text.length(); i++) {
      if (text.startsWith("\\x", i) && i + 4 <= text.length()) {
        bytes.write(Integer.parseInt(text, i + 2, i + 4, 16));
        i += 3;
      } else {
        bytes.write(text.charAt(i));
      }
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
