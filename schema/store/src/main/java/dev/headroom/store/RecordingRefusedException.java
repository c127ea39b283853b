package dev.headroom.store;

/** A recording cannot be named or imported as asked; the message says why and what to do. */
public final class RecordingRefusedException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  RecordingRefusedException(String message) {
    super(message);
  }
}
