package dev.headroom.cli;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/**
 * Ends a command with words for the user and an exit code. The words say what is wrong and what to
 * do next.
 */
public final class CommandFailure extends RuntimeException {

  private final int exitCode;

  public CommandFailure(int exitCode, String message) {
    super(message);
    this.exitCode = exitCode;
  }

  public CommandFailure(int exitCode, String message, Throwable cause) {
    super(message, cause);
    this.exitCode = exitCode;
  }

  /** One of {@link ExitCode}. */
  public int exitCode() {
    return exitCode;
  }

  /**
   * A file could not be read or written.
   *
   * @param exitCode one of {@link ExitCode}
   * @param doing what failed and on which file, such as {@code cannot read the formula in x}
   */
  public static CommandFailure ofFile(int exitCode, String doing, IOException cause) {
    return new CommandFailure(exitCode, doing + ": " + reason(cause), cause);
  }

  /** Java's own messages are often no more than the file's name. */
  private static String reason(IOException cause) {
    return switch (cause) {
      case FileSystemException known when known.getReason() != null -> known.getReason();
      case NoSuchFileException _ -> "it does not exist";
      case AccessDeniedException _ -> "permission denied";
      case FileAlreadyExistsException _ -> "a file of that name is in the way";
      case CharacterCodingException _ -> "it is not UTF-8 text";
      default -> String.valueOf(cause.getMessage());
    };
  }

  /** The arguments, or a file they name, are wrong. */
  public static CommandFailure usage(String message) {
    return new CommandFailure(ExitCode.USAGE, message);
  }

  /** There was nothing to judge. */
  public static CommandFailure noData(String message) {
    return new CommandFailure(ExitCode.NO_DATA, message);
  }

  /** Something the command needs is not there. */
  public static CommandFailure unavailable(String message) {
    return new CommandFailure(ExitCode.UNAVAILABLE, message);
  }
}
