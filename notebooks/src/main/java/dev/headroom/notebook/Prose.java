package dev.headroom.notebook;

import java.util.Locale;

/**
 * Sentences with numbers that a cell computed; the last value of a cell is shown.
 *
 * @param markdown the text
 */
@SuppressWarnings("AnnotateFormatMethod") // its callers are cells, which no such check sees
public record Prose(String markdown) {

  /** Sentences as {@link String#format} makes them, alike on every machine. */
  public static Prose of(String format, Object... values) {
    return new Prose(String.format(Locale.ROOT, format, values));
  }

  /** These sentences and some more. */
  public Prose and(String format, Object... values) {
    return new Prose(markdown + " " + of(format, values).markdown());
  }
}
