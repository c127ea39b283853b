package dev.headroom.cli;

/** What a command's exit code says; the same for every command. */
public final class ExitCode {

  /** Done, and every check held. */
  public static final int OK = 0;

  /** Done, and something that was checked does not hold. */
  public static final int FAILED = 1;

  /** The arguments or a file they name are wrong. */
  public static final int USAGE = 2;

  /** With {@code --fail-on inconclusive}: the data cannot tell. */
  public static final int INCONCLUSIVE = 3;

  /** There was nothing to judge. */
  public static final int NO_DATA = 4;

  /** Something the command needs is not there: a database, a privilege, a package. */
  public static final int UNAVAILABLE = 5;

  /** A defect of Headroom. */
  public static final int INTERNAL = 70;

  /** Interrupted, as by Ctrl-C; nothing was kept. */
  public static final int CANCELLED = 130;

  private ExitCode() {}
}
