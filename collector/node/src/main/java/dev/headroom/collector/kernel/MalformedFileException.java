package dev.headroom.collector.kernel;

import java.io.IOException;
import java.nio.file.Path;

/** A file of the kernel or of Postgres is there, and does not say what it should. */
public final class MalformedFileException extends IOException {

  private static final int SHOWN_CHARACTERS = 80;

  /**
   * @param file which file
   * @param expected what it should have said, in words
   * @param found what it said
   */
  public MalformedFileException(Path file, String expected, String found) {
    super("%s: expected %s, found '%s'".formatted(file, expected, abbreviate(found)));
  }

  private static String abbreviate(String found) {
    return found.length() <= SHOWN_CHARACTERS ? found : found.substring(0, SHOWN_CHARACTERS) + "…";
  }
}
