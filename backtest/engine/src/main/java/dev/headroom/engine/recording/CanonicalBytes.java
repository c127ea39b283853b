package dev.headroom.engine.recording;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Collects the canonical form of one row: fixed-width big-endian numbers, and text as UTF-8 after
 * its length, so that no two rows of a table share a form.
 */
final class CanonicalBytes {

  private byte[] bytes = new byte[256];
  private int length;

  void putByte(int value) {
    reserve(1);
    bytes[length++] = (byte) value;
  }

  void putInt(int value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      putByte(value >>> shift);
    }
  }

  void putLong(long value) {
    putInt((int) (value >>> 32));
    putInt((int) value);
  }

  void putUuid(UUID value) {
    putLong(value.getMostSignificantBits());
    putLong(value.getLeastSignificantBits());
  }

  void putText(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    putInt(utf8.length);
    reserve(utf8.length);
    System.arraycopy(utf8, 0, bytes, length, utf8.length);
    length += utf8.length;
  }

  /** What was put, and starts afresh. */
  byte[] take() {
    byte[] taken = Arrays.copyOf(bytes, length);
    length = 0;
    return taken;
  }

  private void reserve(int more) {
    if (length + more > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }
}
