package dev.headroom.embedded;

import org.jspecify.annotations.Nullable;

/**
 * Installing, starting or stopping a database failed; the message says what, where and what to do
 * next.
 */
public class EmbeddedDatabaseException extends RuntimeException {

  public EmbeddedDatabaseException(String message) {
    super(message);
  }

  public EmbeddedDatabaseException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
