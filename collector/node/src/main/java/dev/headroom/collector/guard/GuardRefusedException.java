package dev.headroom.collector.guard;

import java.io.IOException;

/** A guard's segment is not one that this collector can use; the message says why. */
public final class GuardRefusedException extends IOException {

  private static final long serialVersionUID = 1L;

  GuardRefusedException(String message) {
    super(message);
  }
}
