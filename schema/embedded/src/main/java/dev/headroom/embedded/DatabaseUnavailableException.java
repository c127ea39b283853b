package dev.headroom.embedded;

/**
 * No database was given and none can be found or made here; the message has one way out per option.
 */
public final class DatabaseUnavailableException extends EmbeddedDatabaseException {

  public DatabaseUnavailableException(String message) {
    super(message);
  }
}
