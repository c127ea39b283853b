package dev.headroom.engine.casefile;

import java.io.Serial;

/** A case file that cannot be used, and where it goes wrong: {@code file:line:column: reason}. */
public final class CaseFileException extends RuntimeException {

  @Serial private static final long serialVersionUID = 1L;

  public CaseFileException(String message) {
    super(message);
  }

  CaseFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
