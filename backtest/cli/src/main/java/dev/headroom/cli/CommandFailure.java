package dev.headroom.cli;

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
