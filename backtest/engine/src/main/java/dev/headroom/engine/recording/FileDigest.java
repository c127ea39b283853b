package dev.headroom.engine.recording;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;

/** The SHA-256 of a file's bytes. */
final class FileDigest {

  private FileDigest() {}

  /** As 64 lower-case hexadecimal digits. */
  static String of(Path file) throws IOException {
    MessageDigest digest = ContentHash.sha256();
    try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
      in.transferTo(OutputStream.nullOutputStream());
    }
    return HexFormat.of().formatHex(digest.digest());
  }
}
