package dev.headroom.collector.spool;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A log takes no more records: its bound is reached or the disk is full. */
public final class LogFullException extends IOException {

  LogFullException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
