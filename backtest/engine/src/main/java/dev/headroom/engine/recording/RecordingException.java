package dev.headroom.engine.recording;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A recording that cannot be read as it is. The message says where it is wrong and what to do. */
public abstract sealed class RecordingException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private RecordingException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /** There is no recording, or a file of it is not there. */
  public static final class Missing extends RecordingException {
    private static final long serialVersionUID = 1L;

    Missing(String message) {
      super(message, null);
    }
  }

  /** A file is damaged, or what it says contradicts itself. */
  public static final class Malformed extends RecordingException {
    private static final long serialVersionUID = 1L;

    Malformed(String message) {
      super(message, null);
    }

    Malformed(Path file, Throwable cause) {
      super(
          file + " cannot be read: " + cause.getMessage() + ". Fetch or export the recording again",
          cause);
    }
  }

  /** The recording is sound, but of a version that this program does not know. */
  public static final class Unsupported extends RecordingException {
    private static final long serialVersionUID = 1L;

    Unsupported(String message) {
      super(message, null);
    }
  }
}
