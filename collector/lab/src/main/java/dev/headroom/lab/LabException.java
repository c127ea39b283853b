package dev.headroom.lab;

import org.jspecify.annotations.Nullable;

/** The lab cannot do what was asked; the message says what, where and what to do next. */
public final class LabException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  public LabException(String message) {
    super(message);
  }

  public LabException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
